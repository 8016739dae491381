//! What link previews and search engines show of a page: its canonical URL, and Open Graph and Twitter tags.

use super::cover::PNG_PATH;
use super::cover_png::PIXELS;
use super::station_view::StationView;
use crate::pages::host_of;

/// The values of the tags in `link_preview.html`.
///
/// There is no `og:audio`: a preview that followed it would fetch a stream without an end.
pub struct LinkPreview {
    /// The kind of page, from the list of the Open Graph protocol.
    pub kind: &'static str,
    /// The title of the page.
    pub title: String,
    /// One sentence about it.
    pub description: String,
    /// The host, as the name of the site.
    pub site: String,
    /// The canonical URL. It is that of `/index.html`, which is a page for every client.
    pub url: String,
    /// The picture, unless there is no station.
    pub image: Option<PreviewImage>,
}

/// The picture of a preview, in PNG or JPEG.
pub struct PreviewImage {
    /// The absolute URL.
    pub url: String,
    /// Width and height, if it is the generated picture, which is PNG.
    pub pixels: Option<usize>,
}

impl LinkPreview {
    /// Creates the preview of a station's page. If the station `is_one_of_several`, its URL has its id.
    pub fn of_station(view: &StationView, is_one_of_several: bool, base: &str) -> Self {
        let station = &view.station;
        let query = if is_one_of_several { format!("?sid={}", station.id) } else { String::new() };
        let listen = || format!("{}: listen live", station.name);
        Self {
            kind: "music.radio_station",
            title: station.name.clone(),
            description: Some(station.description.clone()).filter(|it| !it.is_empty()).unwrap_or_else(listen),
            site: host_of(base).to_owned(),
            url: format!("{base}/index.html{query}"),
            image: Some(PreviewImage::new(view, base)),
        }
    }

    /// Creates the preview of the overview of these stations.
    pub fn of_overview(views: &[StationView], base: &str) -> Self {
        Self {
            kind: "website",
            title: "Stations".to_owned(),
            description: format!("Now playing on {} stations", views.len()),
            site: host_of(base).to_owned(),
            url: format!("{base}/index.html"),
            image: views.first().map(|view| PreviewImage::new(view, base)),
        }
    }
}

impl PreviewImage {
    fn new(view: &StationView, base: &str) -> Self {
        let url = view.preview_image(base);
        let is_generated = url.contains(PNG_PATH);
        Self { url, pixels: is_generated.then_some(PIXELS) }
    }
}
