#!/usr/bin/env bash
# Package    retina 0.4.21 (crate), the RTSP client of Moonfire NVR.
# Behaviour  An RTP packet with another SSRC ends the stream with the error "wrong ssrc"; nothing comes after it, though the client
#            is asked on. There is a policy for unknown SSRCs of RTCP, none for RTP.
# Expected   The packets of the new source. RFC 3550 section 8.2 lets a source change its SSRC, and a restarted one has another.
#            The response to SETUP named no SSRC, so that the server promised none.
# Seen       One SSRC: 50 of 50 frames. Another from packet 20 on: 20 of 50 frames, then the error.
# Matters    A server that relays packets as they are ends all such viewers when the publisher restarts. It has to keep one SSRC
#            towards its viewers if they shall outlive their publisher.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CARGO_HOME="$folder/cargo"
mkdir src
cat > Cargo.toml <<'END'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
futures = "=0.3.34"
retina = "=0.4.21"
tokio = { version = "=1.54.1", features = ["macros", "rt"] }
url = "=2.5.8"
END
cat > src/main.rs <<'END'
use futures::StreamExt;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

const SDP: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:t\r\n";

/// Serves one client: 50 packets of G.711, of which those from `changes_at` on have another SSRC.
fn serve(listener: TcpListener, changes_at: u32) {
    let (mut connection, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(connection.try_clone().unwrap()).lines();
    let mut head: Vec<String> = vec![];
    while let Some(Ok(line)) = lines.next() {
        if !line.is_empty() {
            head.push(line);
            continue;
        }
        let method = head[0].split(' ').next().unwrap().to_string();
        let number = head.iter().find(|line| line.to_lowercase().starts_with("cseq:")).unwrap();
        let headers = match method.as_str() {
            "DESCRIBE" => format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len()),
            "SETUP" => "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n\r\n".into(),
            "OPTIONS" => "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n".into(),
            _ => "Session: 1\r\n\r\n".to_string(),
        };
        write!(connection, "RTSP/1.0 200 OK\r\n{number}\r\n{headers}").unwrap();
        head.clear();
        if method != "PLAY" {
            continue;
        }
        for sequence in 0..50u32 {
            let mut frame = vec![b'$', 0, 0, 172, 0x80, 0, 0, sequence as u8];
            frame.extend((sequence * 160).to_be_bytes());
            frame.extend(if sequence < changes_at { *b"SRCA" } else { *b"SRCB" });
            frame.extend([0xff; 160]);
            if connection.write_all(&frame).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        return;
    }
}

/// Plays what `serve` sends, and returns how many frames came, and with which error they ended.
async fn play(changes_at: u32) -> (u32, Option<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url::Url::parse(&format!("rtsp://{}/live", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || serve(listener, changes_at));
    let mut session = retina::client::Session::describe(url, Default::default()).await.unwrap();
    session.setup(0, Default::default()).await.unwrap();
    let playing = session.play(Default::default()).await.unwrap().demuxed().unwrap();
    let mut playing = std::pin::pin!(playing);
    let (mut frames, mut error) = (0, None);
    while let Some(item) = playing.next().await {
        match item {
            Ok(retina::codec::CodecItem::AudioFrame(_)) => frames += 1,
            Ok(_) => {}
            Err(e) => {
                error.get_or_insert(e.to_string()); // goes on asking
            }
        }
    }
    (frames, error)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let same = play(50).await;
    let changed = play(20).await;
    for (name, (frames, error)) in [("one SSRC", &same), ("another SSRC from packet 20 on", &changed)] {
        let error = error.as_deref().unwrap_or("none");
        println!("{name}: {frames} of 50 frames; error: {}", error.lines().next().unwrap_or(""));
    }
    let is_as_found = same == (50, None) && changed.0 == 20 && changed.1.is_some_and(|error| error.contains("wrong ssrc"));
    println!("{}", if is_as_found { "as found" } else { "CHANGED" });
    std::process::exit(if is_as_found { 0 } else { 1 });
}
END
timeout 900 cargo build --quiet
timeout 30 target/debug/finding
