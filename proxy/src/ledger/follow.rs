//! Reads segments into the books, and remembers how far each was read.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::books::Books;
use super::record::Record;
use super::segment::{FRAME_BYTES, HEADER_BYTES, Header, HeaderError, scan};
use super::series::SegmentName;
use super::spending::Teller;
use super::status::{DAMAGED_LISTED_MAX, DamagedRange};
use super::summary::Summary;

/// How far the segments of other writers were read.
#[derive(Debug)]
pub(super) struct Follower {
    dir: PathBuf,
    places: Places,
    /// Who is told of what is read.
    pub(super) teller: Option<Teller>,
    /// Damage met, at most [`DAMAGED_LISTED_MAX`] ranges.
    pub(super) damaged: Vec<DamagedRange>,
    /// Segments that were given up, and why.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

/// How far each segment was read. Locked for as long as one is read: whoever holds the lock sees places up to which
/// everything was booked and told, and behind which nothing was.
pub(super) type Places = Arc<Mutex<BTreeMap<SegmentName, Place>>>;

/// How far a segment was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Offset to read on from; 0 while the header is not whole.
    pub(super) end: u64,
    /// Bytes behind it that may become a record.
    pub(super) tail_bytes: u64,
    /// Not to be read any more.
    given_up: bool,
}

impl Follower {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            places: Places::default(),
            teller: None,
            damaged: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// The places, for whoever needs to know them.
    pub(super) fn places(&self) -> Places {
        Arc::clone(&self.places)
    }

    /// Takes a segment from its summary instead of its bytes, if the file still fits it.
    pub(super) fn trust(
        &mut self,
        name: SegmentName,
        summary: &Summary,
        books: &Mutex<Books>,
    ) -> bool {
        if !summary.fits(&self.dir, name) {
            return false;
        }
        summary.add_to(&mut books.lock(), name.writer);
        summary.damaged().for_each(|range| self.report(name, range));
        let place = Place {
            end: summary.bytes,
            ..Place::default()
        };
        self.places.lock().insert(name, place);
        true
    }

    /// Reads a segment that was taken from its summary once more, for those that are told of records.
    ///
    /// # Errors
    /// Whatever reading the file says; what was read till then was told.
    pub(super) fn tell(&mut self, name: SegmentName) -> io::Result<()> {
        let (Some(teller), Some(place)) =
            (&mut self.teller, self.places.lock().get(&name).copied())
        else {
            return Ok(());
        };
        let mut file = File::open(name.path(&self.dir))?;
        file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
        let mut file = file.take(place.end.saturating_sub(HEADER_BYTES as u64));
        let mut record = Record::default();
        let scanned = scan(&mut file, HEADER_BYTES as u64, |kind, payload, _| {
            match record.decode_into(kind, payload) {
                Ok(true) => teller.record(&record),
                Ok(false) => {}
                Err(_) => return false,
            }
            true
        })?;
        for range in scanned.damaged {
            self.report(name, range);
        }
        Ok(())
    }

    /// Reads what is new in a segment.
    ///
    /// # Errors
    /// Whatever reading the file says; the place stays where it was, or behind what was booked.
    pub(super) fn read(&mut self, name: SegmentName, books: &Mutex<Books>) -> io::Result<()> {
        let places = Arc::clone(&self.places);
        let mut places = places.lock();
        let mut place = places.get(&name).copied().unwrap_or_default();
        let mut file = match File::open(name.path(&self.dir)) {
            // Deleted by another process's retention.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let length = file.metadata()?.len();
        let nothing_new = place.end > 0 && length == place.end + place.tail_bytes;
        if place.given_up || nothing_new {
            return Ok(());
        }
        if place.end == 0 {
            place = self.header(name, &mut file)?;
            places.insert(name, place);
            if place.end == 0 {
                return Ok(());
            }
        }
        file.seek(SeekFrom::Start(place.end))?;
        let mut behind = place.end;
        let teller = &mut self.teller;
        let scanned = scan(&mut file, place.end, |kind, payload, at| {
            behind = at + (FRAME_BYTES + payload.len()) as u64;
            let booked = books.lock().record(kind, payload, name.writer);
            if let Some(teller) = teller {
                teller.booked(&booked, payload, name.writer);
            }
            booked.is_sound()
        });
        // What was booked must not be booked again, even after an error.
        place.end = scanned.as_ref().map_or(behind, |scanned| scanned.end);
        place.tail_bytes = scanned.as_ref().map_or(0, |scanned| scanned.tail_bytes);
        places.insert(name, place);
        for range in scanned?.damaged {
            self.report(name, range);
        }
        Ok(())
    }

    /// The place behind a segment's header; the beginning when the header is not whole or not for us.
    fn header(&mut self, name: SegmentName, file: &mut File) -> io::Result<Place> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
        let mut place = Place::default();
        match Header::decode(&header) {
            Ok(_) => place.end = HEADER_BYTES as u64,
            Err(HeaderError::Damaged) => {
                // The file's name says whose it is; its records carry checksums of their own.
                place.end = HEADER_BYTES as u64;
                self.report(name, 0..HEADER_BYTES as u64);
            }
            Err(HeaderError::Short) => place.tail_bytes = header.len() as u64,
            Err(error @ HeaderError::Newer(_)) => {
                place.given_up = true;
                self.unreadable
                    .push((name.path(&self.dir), error.to_string()));
            }
        }
        Ok(place)
    }

    /// Cuts off what stands behind the last whole record of a dead writer's segment, keeping it in
    /// `<segment>.torn`. Returns how many bytes that was.
    ///
    /// # Errors
    /// Whatever the system says; nothing is cut then.
    pub(super) fn cut_tail(&mut self, name: SegmentName) -> io::Result<u64> {
        let mut places = self.places.lock();
        let Some(place) = places.get_mut(&name).filter(|place| place.tail_bytes > 0) else {
            return Ok(0);
        };
        let path = name.path(&self.dir);
        let mut file = File::options().read(true).write(true).open(&path)?;
        file.seek(SeekFrom::Start(place.end))?;
        let mut torn = Vec::new();
        file.read_to_end(&mut torn)?;
        if place.end < HEADER_BYTES as u64 {
            fs::rename(&path, path.with_extension("torn"))?;
        } else {
            fs::write(path.with_extension("torn"), &torn)?;
            file.set_len(place.end)?;
        }
        place.tail_bytes = 0;
        Ok(torn.len() as u64)
    }

    /// Notes damage found otherwise.
    pub(super) fn report(&mut self, segment: SegmentName, bytes: std::ops::Range<u64>) {
        let range = DamagedRange { segment, bytes };
        if self.damaged.len() < DAMAGED_LISTED_MAX && !self.damaged.contains(&range) {
            tracing::warn!(%segment, from = range.bytes.start, to = range.bytes.end, "ledger is damaged");
            self.damaged.push(range);
        }
    }

    /// Forgets segments that are gone.
    pub(super) fn retain(&mut self, there: &HashMap<SegmentName, u64>) {
        let mut places = self.places.lock();
        places.retain(|name, _| there.contains_key(name));
    }

    /// How far a segment was read.
    pub(super) fn place(&self, name: SegmentName) -> Option<Place> {
        self.places.lock().get(&name).copied()
    }
}
