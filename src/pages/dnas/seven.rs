//! `/7.html`: seven values for the oldest scripts.

use super::played::escape_html;
use crate::pages::{Snapshot, StationSnapshot};

/// Renders listeners, status (1 for up), peak, maximum, unique listeners, kbit/s and title. Scripts cut away
/// the broken HTML around the values byte by byte. Nothing may follow the title, because other scripts read
/// to the end. Only `<`, `>` and `&` are escaped in the title: some scripts show it without decoding, and few
/// decode more than the oldest entities.
pub fn render(snapshot: &Snapshot, station: &StationSnapshot) -> String {
    let StationSnapshot { listeners, peak, unique, kbps, title, .. } = station;
    let up = u8::from(station.on_air_since().is_some());
    let max = snapshot.listener_limit(station);
    let kbps = kbps.unwrap_or(0);
    let title = escape_html(&title.text);
    format!(
        "<HTML><meta http-equiv=\"Pragma\" content=\"no-cache\"></head><body>\
         {listeners},{up},{peak},{max},{unique},{kbps},{title}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icy::Title;

    #[test]
    fn values_are_in_the_form_that_scripts_parse() {
        let snapshot = Snapshot::example();
        assert_eq!(
            render(&snapshot, &snapshot.stations[0]),
            "<HTML><meta http-equiv=\"Pragma\" content=\"no-cache\"></head><body>\
             12,1,40,512,11,128,Nadia Karim - Tidewater</body></html>"
        );
    }

    #[test]
    fn hostile_title_adds_no_markup_and_no_line() {
        let snapshot = Snapshot::example();
        let station = StationSnapshot {
            title: Title::new("</body><b>x\n\u{1}y & 'z', 1"),
            ..StationSnapshot::example()
        };
        let page = render(&snapshot, &station);
        assert_eq!(page.matches('<').count(), 6, "{page}");
        assert!(page.contains("128,&lt;/body&gt;&lt;b&gt;x y &amp; 'z', 1</body>"), "{page}");
    }
}
