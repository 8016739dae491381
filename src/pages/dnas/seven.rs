//! `/7.html`: what the oldest scripts read.

use askama::filters::{Html, escape};

use crate::pages::{Facts, StationFacts, plain};

/// Listeners, whether it is up, peak, most, unique, kbit/s, title. The broken HTML around them is what scripts cut away
/// letter by letter; nothing may follow the title, as others read to the end.
pub fn render(facts: &Facts, station: &StationFacts) -> String {
    let StationFacts { listeners, peak, unique, kbps, title, .. } = station;
    let up = u8::from(station.up_since().is_some());
    let most = facts.most_listeners(station);
    let kbps = kbps.unwrap_or(0);
    let title = plain(&title.text);
    let title = escape(title, Html).expect("a text is shown without fail");
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
        let facts = Facts::example();
        assert_eq!(
            render(&facts, &facts.stations[0]),
            "<HTML><meta http-equiv=\"Pragma\" content=\"no-cache\"></head><body>\
             12,1,40,512,11,128,Nadia Karim - Tidewater</body></html>"
        );
    }

    #[test]
    fn a_title_is_no_markup_and_no_line() {
        let facts = Facts::example();
        let station =
            StationFacts { title: Title::of("</body><b>x\n\u{1}y & z, 1"), ..facts.stations[0].clone() };
        let page = render(&facts, &station);
        assert_eq!(page.matches('<').count(), 6, "{page}");
        assert!(page.contains("128,&#60;/body&#62;&#60;b&#62;x y &#38; z, 1</body>"), "{page}");
    }
}
