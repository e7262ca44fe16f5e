#!/usr/bin/env bash
# Package    gst-plugin-rtsp 0.15.4 (crate of gst-plugins-rs): rtspsrc2. GStreamer 1.22.0 (Debian 12): gst-rtsp-server.
# Behaviour  Two streams with SRTP, each with a key of its own: where the responses to SETUP have no ssrc, every packet of the second
#            stream fails its authentication. Each stream connects a handler to request-rtp-decoder of the one rtpbin, without a look at
#            the number of the session, and rtpbin takes the answer of the first handler: the decoder of the second stream asks
#            that handler, and gets the key of the first. With ssrc in the response the decoder has its key from its caps and asks nobody.
# Expected   Both streams. The description has a key for each, and ssrc is optional in a response (RFC 2326 section 12.39).
# Seen       Packets of the two streams in 5 s, with two keys and ssrc: 38, 38; with two keys and no ssrc: 38, 0; with one key for both
#            and no ssrc: 38, 38. With two keys and no ssrc, after each handler was made to answer for its own session: 38, 38.
# Matters    A server with SRTP has to name the SSRC of each stream in the response to SETUP, or rtspsrc2 shows pictures or sound only.
set -euo pipefail
python=/usr/bin/python3
"$python" -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2> /dev/null ||
  { echo 'needs python3-gi, gir1.2-gst-rtsp-server-1.0, and the base, good and bad plugins of GStreamer'; exit 2; }
pkg-config --exists gstreamer-app-1.0 gstreamer-net-1.0 ||
  { echo 'needs cargo, libgstreamer1.0-dev and libgstreamer-plugins-base1.0-dev'; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CARGO_HOME="$folder/cargo" CARGO_TARGET_DIR="$folder/target" CARGO_PROFILE_DEV_DEBUG=0

mkdir -p empty/src
touch empty/src/lib.rs
printf '[package]\nname = "empty"\nversion = "0.0.0"\n\n[dependencies]\ngst-plugin-rtsp = "=0.15.4"\n' > empty/Cargo.toml
cargo fetch --quiet --manifest-path empty/Cargo.toml
cp -r cargo/registry/src/*/gst-plugin-rtsp-0.15.4 plugin
build() {
  timeout 1800 cargo build --quiet --locked --lib --manifest-path plugin/Cargo.toml
  mkdir "$1"
  cp target/debug/libgstrsrtsp.so "$1"
}
build as-published
"$python" - plugin/src/rtspsrc/imp.rs <<'END_OF_CHANGE'
import re, sys
text = open(sys.argv[1]).read()
head = 'move |_rtpbin: gst::Element, session: u32| {\n'
assert text.count(head) == 2
text = text.replace(head, head + 'if session != rtpsession_n as u32 { return None::<gst::Element>; }\n')
for name in ('srtpdec', 'srtpenc'):
    text, count = re.subn(rf'\n +{name}(\n +\}}\n +\),?\n)', rf'\nSome({name})\1', text)
    assert count == 1
open(sys.argv[1], 'w').write(text)
END_OF_CHANGE
build changed

cat > server.py <<'END_OF_SERVER'
"""Serves streams with SRTP, and a second port where responses have no ssrc; prints both addresses."""
import re, socket, threading
import gi
for name in ('Gst', 'GstRtsp', 'GstRtspServer'): gi.require_version(name, '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
tone = 'audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay pt=0 name=pay'

def share_key(_, media):
    def added(_bin, _parent, element):
        if element.get_factory().get_name() != 'srtpenc': return
        element.set_property('random-key', False)
        element.set_property('key', Gst.Buffer.new_wrapped(bytes(range(30))))
    media.get_element().get_parent().connect('deep-element-added', added)

server = GstRtspServer.RTSPServer(service='0', address='127.0.0.1')
for path in ('/two-keys', '/one-key'):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( {tone}0 {tone}1 )')
    factory.set_profiles(GstRtsp.RTSPProfile.SAVP)
    if path == '/one-key': factory.connect('media-configure', share_key)
    server.get_mount_points().add_factory(path, factory)
server.attach(None)

def pass_on(source, target, change):
    while data := source.recv(65536): target.sendall(change(data))
    target.close()

def without_ssrc(listener):
    while True:
        client, _ = listener.accept()
        upstream = socket.create_connection(('127.0.0.1', server.get_bound_port()))
        strip = lambda data: re.sub(rb';ssrc=[0-9A-F]{8}', b'', data) if data.startswith(b'RTSP/') else data
        for ends in ((client, upstream, bytes), (upstream, client, strip)):
            threading.Thread(target=pass_on, args=ends, daemon=True).start()

listener = socket.create_server(('127.0.0.1', 0))
threading.Thread(target=without_ssrc, args=(listener,), daemon=True).start()
print(f'rtsp://127.0.0.1:{server.get_bound_port()} rtsp://127.0.0.1:{listener.getsockname()[1]}', flush=True)
GLib.MainLoop().run()
END_OF_SERVER

cat > player.py <<'END_OF_PLAYER'
"""Plays an address for 5 s, and prints how many packets of each stream came out of rtspsrc2."""
import os, sys
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst
Gst.init(None)
pipeline, counts = Gst.Pipeline(), {}
source = Gst.ElementFactory.make('rtspsrc2')
source.set_property('location', sys.argv[1])
source.set_property('protocols', 'tcp')
pipeline.add(source)

def added(_, pad):
    sink = Gst.ElementFactory.make('fakesink')
    for name in ('sync', 'async'): sink.set_property(name, False)
    pipeline.add(sink)
    sink.sync_state_with_parent()
    pad.link(sink.get_static_pad('sink'))
    counts[pad.get_name()] = 0
    def count(pad, _):
        counts[pad.get_name()] += 1
        return Gst.PadProbeReturn.OK
    pad.add_probe(Gst.PadProbeType.BUFFER, count)

source.connect('pad-added', added)
pipeline.set_state(Gst.State.PLAYING)
pipeline.get_bus().timed_pop_filtered(5 * Gst.SECOND, Gst.MessageType.ERROR)
print(*(counts[name] for name in sorted(counts)), flush=True)
os._exit(0)
END_OF_PLAYER

"$python" server.py > addresses &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
until [ -s addresses ]; do sleep 0.2; done
read -r with without < addresses
same=yes
# try BUILD ADDRESS EXPECTED, where EXPECTED has + for packets and 0 for none.
try() {
  counts=$(GST_PLUGIN_PATH="$folder/$1" GST_REGISTRY="$folder/$1/registry" timeout 60 "$python" player.py "$2")
  echo "$1, ${2#rtsp://*/}, $([ "${2%/*}" = "$with" ] && echo with || echo without) ssrc: $counts"
  [ "$(echo "$counts" | sed -E 's/\b[1-9][0-9]*/+/g')" = "$3" ] || same=no
}
try as-published "$with/two-keys" '+ +'
try as-published "$without/two-keys" '+ 0'
try as-published "$without/one-key" '+ +'
try changed "$without/two-keys" '+ +'
if [ $same = yes ]; then echo 'as found'; else echo 'CHANGED'; exit 1; fi
