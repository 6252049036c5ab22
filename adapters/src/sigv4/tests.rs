use super::*;

/// The keys and the moment of AWS's published test suite.
const KEYS: AwsKeys<'_> = AwsKeys {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
};
const SCOPE: AwsScope<'_> = AwsScope {
    region: "us-east-1",
    service: "service",
    unix_seconds: 1_440_938_160,
};

fn signed(
    method: &str,
    path_and_query: &str,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> (String, String) {
    let request = AwsRequest {
        method,
        host: "example.amazonaws.com",
        path_and_query,
        headers,
        payload: PayloadHash::Sha256(Sha256::digest(body).into()),
    };
    let lines = sign(&request, &SCOPE, &KEYS);
    let authorization = &lines.last().unwrap().1;
    let part = |name: &str| {
        let rest = authorization.split_once(name).unwrap().1;
        rest.split(',').next().unwrap().to_owned()
    };
    (part("SignedHeaders="), part("Signature="))
}

/// Name in the suite, method, path, header lines, body, signature.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static [u8])],
    &'static [u8],
    &'static str,
);

#[test]
fn the_published_suite_is_signed_as_published() {
    #[rustfmt::skip]
    let cases: [Case; 9] = [
        ("get-vanilla", "GET", "/", &[], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", &[], b"", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("get-relative", "GET", "/example/..", &[], b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("get-slashes", "GET", "//example//", &[], b"", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
        ("get-utf8", "GET", "/ሴ", &[], b"", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        ("get-header-value-trim", "GET", "/", &[("my-header1", b" value1"), ("my-header2", b" \"a   b   c\"")], b"", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        ("get-header-key-duplicate", "GET", "/", &[("my-header1", b"value2"), ("my-header1", b"value2"), ("my-header1", b"value1")], b"", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        ("post-vanilla", "POST", "/", &[], b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("post-x-www-form-urlencoded", "POST", "/", &[("content-type", b"application/x-www-form-urlencoded")], b"Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
    ];
    for (name, method, path, headers, body, signature) in cases {
        assert_eq!(signed(method, path, headers, body).1, signature, "{name}");
    }
}

#[test]
fn a_session_token_is_sent_and_signed() {
    let request = AwsRequest {
        method: "POST",
        host: "example.amazonaws.com",
        path_and_query: "/",
        headers: &[("x-amz-security-token", b"a client's own, replaced")],
        payload: PayloadHash::Sha256(Sha256::digest(b"").into()),
    };
    let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    let keys = AwsKeys {
        session_token: Some(token),
        ..KEYS
    };
    let lines = sign(&request, &SCOPE, &keys);
    assert_eq!(
        lines[..2],
        [
            ("x-amz-date", "20150830T123600Z".to_owned()),
            ("x-amz-security-token", token.to_owned()),
        ]
    );
    // post-sts-header-before of the suite.
    assert_eq!(
        lines[2].1,
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-security-token, \
         Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
    );
}

#[test]
fn a_path_of_bedrock_is_encoded_a_second_time() {
    for (path, canonical) in [
        (
            "/model/us.amazon.nova-micro-v1%3A0/converse",
            "/model/us.amazon.nova-micro-v1%253A0/converse",
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.x/invoke",
            "/model/arn%253Aaws%253Abedrock%253Aus-east-1%253A123456789012%253Ainference-profile%252Fus.x/invoke",
        ),
        ("/model/a:0/invoke", "/model/a%3A0/invoke"),
        ("/", "/"),
        ("", "/"),
        ("/a/./b/../c/", "/a/c/"),
        ("/../..", "/"),
    ] {
        assert_eq!(canonical_path(path), canonical, "{path}");
    }
}

#[test]
fn a_query_is_sorted_and_encoded_one_way() {
    for (query, canonical) in [
        ("", ""),
        ("b=2&a=1&a=0", "a=0&a=1&b=2"),
        ("a", "a="),
        ("a=b=c", "a=b%3Dc"),
        ("x=%7e&y=%2f&&z=a+b", "x=~&y=%2F&z=a%20b"),
    ] {
        assert_eq!(canonical_query(query), canonical, "{query}");
    }
}

#[test]
fn an_unsigned_body_says_so_in_a_header_that_is_signed() {
    let request = AwsRequest {
        method: "PUT",
        host: "h",
        path_and_query: "/",
        headers: &[],
        payload: PayloadHash::Unsigned,
    };
    let lines = sign(&request, &SCOPE, &KEYS);
    assert_eq!(
        lines[1],
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())
    );
    assert!(lines[2].1.contains("host;x-amz-content-sha256;x-amz-date"));
}

#[test]
fn only_lines_that_nobody_on_the_way_changes_are_signed() {
    let header = |name| is_signed(name);
    assert!(header("content-type") && header("x-amz-target") && header("x-amzn-bedrock-trace"));
    assert!(!header("user-agent") && !header("accept-encoding") && !header("x-amzn-trace-id"));
    assert!(!format!("{KEYS:?}").contains("EXAMPLEKEY"));
}
