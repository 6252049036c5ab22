use proptest::prelude::*;

use super::*;

const SETTINGS: Settings = Settings {
    prior_output_tokens: 1_024,
    quantile_per_mille: 990,
    headroom: 8,
    experience_min: 20,
};

/// A plain chat request of a kilobyte by an agent that allows much.
fn asked() -> Asked<'static> {
    Asked {
        key: "k",
        model: "m",
        prompt_bytes: 744,
        body_bytes: 1_000,
        answers: 1,
        output_cap: Some(128_000),
        has_output: true,
        ..Asked::default()
    }
}

fn expect(experience: &Experience, asked: Asked<'_>) -> Expected {
    experience.expect(&asked, &SETTINGS)
}

fn used(asked: Asked<'_>, input_tokens: u64, output_tokens: u64) -> Observed<'_> {
    Observed {
        asked,
        input_tokens,
        output_tokens,
        delivered_bytes: output_tokens * 4,
    }
}

/// Experience from `count` requests like `asked`, with 250 tokens in and 300 out.
fn after(count: usize, asked: Asked<'_>) -> Experience {
    let experience = Experience::new();
    for _ in 0..count {
        experience.observe(&used(asked, 250, 300));
    }
    experience
}

#[test]
fn without_experience_a_token_is_a_byte_and_an_answer_is_the_prior() {
    let plain = expect(&Experience::new(), asked());
    assert_eq!((plain.input_most, plain.input_likely), (1_000, 1_000));
    assert_eq!((plain.output_hold, plain.output_cap), (8_192, Some(8_192)));
    assert_eq!(plain.output_least, 1_024);
    let stream = Asked {
        stream: true,
        ..asked()
    };
    let stream = expect(&Experience::new(), stream);
    assert_eq!((stream.output_hold, stream.output_cap), (1_024, None));
    assert_eq!(stream.output_least, 1);
    assert_eq!(stream.live().tokens_at(984), 1_000);
}

#[test]
fn after_twenty_requests_experience_counts() {
    let experience = after(19, asked());
    assert_eq!(expect(&experience, asked()).output_hold, 8_192);
    experience.observe(&used(asked(), 250, 300));
    let plain = expect(&experience, asked());
    // 0.99 of what was seen is 300, told as the upper edge of its bucket; eight times that.
    assert!(
        (8 * 300..=8 * 330).contains(&plain.output_hold),
        "{plain:?}"
    );
    assert_eq!(plain.output_cap, Some(plain.output_hold));
    // 250 tokens, told a tenth too high at most, and an eighth on top.
    assert!((281..=310).contains(&plain.input_likely), "{plain:?}");
    assert_eq!(plain.input_most, 1_000);
    let stream = Asked {
        stream: true,
        ..asked()
    };
    let stream = expect(&experience, stream);
    assert!((300..=330).contains(&stream.output_hold), "{stream:?}");
    assert!(
        (300..=330).contains(&stream.live().tokens_at(1_200)),
        "{stream:?}"
    );
}

#[test]
fn other_keys_and_models_are_not_learned_from() {
    let experience = after(20, asked());
    for other in [
        Asked {
            key: "l",
            ..asked()
        },
        Asked {
            model: "n",
            ..asked()
        },
    ] {
        assert_eq!(expect(&experience, other).output_hold, 8_192);
    }
}

#[test]
fn a_longer_answer_counts_at_once_before_there_is_experience() {
    let experience = Experience::new();
    experience.observe(&used(asked(), 250, 5_000));
    let hold = expect(&experience, asked()).output_hold;
    assert!((40_000..=44_000).contains(&hold), "{hold}");
}

#[test]
fn the_clients_own_cap_holds_where_it_is_lower() {
    for (cap, hold, least) in [(2_000, 2_000, 1_024), (5, 5, 5), (0, 0, 0)] {
        let own = Asked {
            output_cap: Some(cap),
            ..asked()
        };
        let expected = expect(&Experience::new(), own);
        let told = (
            expected.output_hold,
            expected.output_least,
            expected.output_cap,
        );
        assert_eq!(told, (hold, least, None));
    }
    let none = Asked {
        output_cap: None,
        ..asked()
    };
    assert_eq!(expect(&Experience::new(), none).output_cap, Some(8_192));
}

#[test]
fn several_answers_hold_so_many_times_as_much_and_are_capped_each() {
    let three = Asked {
        answers: 3,
        ..asked()
    };
    let experience = Experience::new();
    let expected = expect(&experience, three);
    assert_eq!(
        (expected.output_hold, expected.output_cap),
        (24_576, Some(8_192))
    );
    assert_eq!(expected.output_least, 3_072);
    assert_eq!(expected.cap_for(100), Some(33));
    // 900 tokens in three answers are 300 each.
    for _ in 0..20 {
        experience.observe(&used(three, 250, 900));
    }
    let one = expect(&experience, asked()).output_hold;
    assert!((2_400..=2_640).contains(&one), "{one}");
}

#[test]
fn short_answers_do_not_cap_the_first_long_one_below_the_prior() {
    let experience = Experience::new();
    for _ in 0..100 {
        experience.observe(&used(asked(), 250, 2));
    }
    assert_eq!(expect(&experience, asked()).output_cap, Some(1_024));
}

#[test]
fn what_is_set_apart_for_reasoning_is_below_every_cap() {
    let thinking = Asked {
        reasoning_tokens: 20_000,
        ..asked()
    };
    let expected = expect(&Experience::new(), thinking);
    assert_eq!(
        (expected.output_hold, expected.output_least),
        (21_024, 21_024)
    );
}

#[test]
fn an_embedding_has_no_output() {
    let embedding = Asked {
        has_output: false,
        output_cap: None,
        ..asked()
    };
    let expected = expect(&Experience::new(), embedding);
    assert_eq!((expected.output_hold, expected.output_cap), (0, None));
    assert_eq!(expected.output_least, 0);
}

#[test]
fn an_image_is_not_counted_by_its_bytes_and_a_document_is() {
    let with = |media| Asked {
        body_bytes: 1_001_000,
        media,
        ..asked()
    };
    let most = |media| expect(&Experience::new(), with(media)).input_most;
    let bytes = 1_000_000;
    let none = Media {
        bytes,
        ..Media::default()
    };
    assert_eq!(most(Media { images: 2, ..none }), 1_000 + 2 * 16_384);
    assert_eq!(most(Media { files: 1, ..none }), 1_001_000 + 24_810);
    assert_eq!(most(none), 1_001_000);
    let learned = with(Media { images: 2, ..none });
    let experience = after(20, learned);
    assert!(expect(&experience, learned).input_likely <= 310);
    // Text is learned by itself.
    assert_eq!(expect(&experience, asked()).input_likely, 1_000);
}

#[test]
fn a_prompt_that_goes_on_from_elsewhere_is_not_bounded_by_its_bytes() {
    let stored = Asked {
        refers_elsewhere: true,
        ..asked()
    };
    let experience = Experience::new();
    assert_eq!(expect(&experience, stored).input_most, 32_768);
    for _ in 0..20 {
        experience.observe(&used(stored, 50_000, 300));
    }
    let expected = expect(&experience, stored);
    assert!(
        (100_000..=110_000).contains(&expected.input_most),
        "{expected:?}"
    );
    assert!(
        (56_250..=62_000).contains(&expected.input_likely),
        "{expected:?}"
    );
    assert_eq!(expect(&experience, asked()).input_likely, 1_000);
}

#[test]
fn short_prompts_do_not_teach_that_long_ones_are_dear() {
    let short = Asked {
        prompt_bytes: 2,
        body_bytes: 100,
        ..asked()
    };
    let experience = Experience::new();
    for _ in 0..20 {
        experience.observe(&used(short, 12, 300));
    }
    let long = Asked {
        prompt_bytes: 100_000,
        body_bytes: 100_300,
        ..asked()
    };
    assert!(expect(&experience, long).input_likely < 100_300 / 10);
}

#[test]
fn what_is_kept_is_taken_back() {
    let experience = after(30, asked());
    let kept = serde_json::to_string(&experience.learned()).unwrap();
    let again = Experience::new();
    assert!(again.is_empty());
    for learned in serde_json::from_str::<Vec<Learned>>(&kept).unwrap() {
        again.recall(learned);
    }
    assert_eq!(again.len(), 1);
    assert_eq!(expect(&again, asked()), expect(&experience, asked()));
}

fn any_request() -> impl Strategy<Value = Asked<'static>> {
    let bytes = (any::<u64>(), any::<u64>(), any::<u64>());
    let counts = (any::<u64>(), prop::option::of(any::<u64>()), any::<u64>());
    let media = (0..3_u64, 0..3_u64, any::<u64>());
    let flags = prop::array::uniform4(any::<bool>());
    (bytes, counts, media, flags).prop_map(|(bytes, counts, media, flags)| Asked {
        key: "k",
        model: "m",
        prompt_bytes: bytes.0 >> (bytes.1 % 64),
        body_bytes: bytes.1 >> (bytes.0 % 64),
        media: Media {
            images: media.0,
            audio: media.1,
            files: media.2,
            bytes: bytes.2,
        },
        has_tools: flags[0],
        refers_elsewhere: flags[1],
        answers: counts.0 >> (counts.2 % 64),
        output_cap: counts.1.map(|cap| cap >> (counts.2 % 64)),
        reasoning_tokens: counts.2 >> (counts.0 % 64),
        stream: flags[2],
        has_output: flags[3],
    })
}

proptest! {
    #[test]
    fn whatever_is_asked_the_figures_are_in_order(
        before in prop::collection::vec((any_request(), any::<u64>(), any::<u64>()), 0..30),
        asked in any_request(),
    ) {
        let experience = Experience::new();
        for (asked, input_tokens, output_tokens) in before {
            let delivered_bytes = input_tokens;
            experience.observe(&Observed { asked, input_tokens, output_tokens, delivered_bytes });
        }
        let expected = expect(&experience, asked);
        prop_assert!(expected.input_likely <= expected.input_most);
        prop_assert!(expected.output_least <= expected.output_hold);
        if let Some(cap) = expected.output_cap {
            prop_assert!(!asked.stream && asked.has_output);
            prop_assert!(asked.output_cap.is_none_or(|own| cap < own));
            prop_assert!(cap.saturating_mul(asked.answers.max(1)) <= expected.output_hold);
        }
        if let Some(own) = asked.output_cap {
            prop_assert!(expected.output_hold <= own.saturating_mul(asked.answers.max(1)));
        }
        prop_assert!(expected.tokens_per_kilobyte >= 1);
    }
}
