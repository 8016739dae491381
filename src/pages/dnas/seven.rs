//! `/7.html`: what the oldest scripts read.

use super::played::escape_html;
use crate::pages::{Snapshot, StationSnapshot};

/// Listeners, whether it is up, peak, most, unique, kbit/s, title. The broken HTML around them is what scripts cut away
/// letter by letter; nothing may follow the title, as others read to the end. Of the title only what would be markup is
/// escaped: some show what they find as it is, and few know more than the oldest escapes.
pub fn render(snapshot: &Snapshot, station: &StationSnapshot) -> String {
    let StationSnapshot { listeners, peak, unique, kbps, title, .. } = station;
    let up = u8::from(station.on_air_since().is_some());
    let most = snapshot.listener_limit(station);
    let kbps = kbps.unwrap_or(0);
    let title = escape_html(&title.text);
    format!(
        "<HTML><meta http-equiv=\"Pragma\" content=\"no-cache\"></head><body>\
         {listeners},{up},{peak},{most},{unique},{kbps},{title}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icy::Title;

    #[test]
    fn it_is_as_scripts_cut_it() {
        let snapshot = Snapshot::example();
        assert_eq!(
            render(&snapshot, &snapshot.stations[0]),
            "<HTML><meta http-equiv=\"Pragma\" content=\"no-cache\"></head><body>\
             12,1,40,512,11,128,Nadia Karim - Tidewater</body></html>"
        );
    }

    #[test]
    fn a_title_is_no_markup_and_no_line() {
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
