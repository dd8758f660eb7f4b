//! `Retry-After`: when a server that refuses a stream wants to be asked again.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// What the header says (RFC 9110 section 10.2.3): a number of seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(&RETRY_AFTER)?.to_str().ok()?.trim_ascii();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds_since_1970(value)?);
    Some(date.duration_since(now).unwrap_or_default())
}

/// A date in one of the three forms that HTTP knows (RFC 9110 section 5.6.7): as it is written today, as RFC 850 had it, and
/// as C's `asctime` does. The day of the week says nothing that the rest does not.
fn seconds_since_1970(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS_BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let mut parts = date.split([' ', ',', '-']).filter(|part| !part.is_empty()).skip(1);
    let mut part = || parts.next();
    let parts = (part()?, part()?, part()?, part()?, part(), part());
    let ((day, month, year, time, Some("GMT"), None) | (month, day, time, year, None, None)) = parts else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year = match number(year, 9999)? {
        year @ 0..70 => 2000 + year,
        year @ 70..100 => 1900 + year,
        year => year,
    };
    let day = number(day, 31)?.checked_sub(1)?;
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let (hour, minute, second) = (number(hour, 23)?, number(minute, 59)?, number(second, 60)?);

    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let leap_days_until = |year: u64| year / 4 - year / 100 + year / 400;
    let days = year.checked_sub(1970)? * 365 + leap_days_until(year - 1) - leap_days_until(1969)
        + DAYS_BEFORE[month]
        + u64::from(is_leap && month > 1)
        + day;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn number(digits: &str, max: u64) -> Option<u64> {
    digits.parse().ok().filter(|number| *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 90);
        for (value, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90)),
            ("Tue, 06 Nov 1984 08:49:37 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_date_is_counted_from_1970_with_all_leap_days() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
            ("Wednesday, 01-Mar-00 00:00:00 GMT", Some(951_868_800)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sun, 06 Now 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ] {
            assert_eq!(seconds_since_1970(date), seconds, "{date:?}");
        }
    }
}
