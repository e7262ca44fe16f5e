//! Plays pictures with retina, the client of Moonfire NVR, and prints a line for each picture that has come.
//!
//!     retina-viewer [-udp] URL
use futures::StreamExt;
use retina::client::{Session, SetupOptions, Transport};
use retina::codec::CodecItem;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut is_udp = false;
    let mut target = None;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "-udp" => is_udp = true,
            _ => target = Some(url::Url::parse(&argument)?),
        }
    }
    let target = target.ok_or("usage: retina-viewer [-udp] URL")?;
    let mut session = Session::describe(target, Default::default()).await?;
    let mut streams = session.streams().iter();
    let video = streams.position(|stream| stream.media() == "video").ok_or("no pictures")?;
    // Without a word of it, retina asks for TCP.
    let transport = if is_udp { Transport::Udp(Default::default()) } else { Transport::default() };
    session.setup(video, SetupOptions::default().transport(transport)).await?;
    let mut playing = std::pin::pin!(session.play(Default::default()).await?.demuxed()?);
    while let Some(item) = playing.next().await {
        if let CodecItem::VideoFrame(picture) = item? {
            println!("{}", picture.timestamp());
        }
    }
    Ok(())
}
