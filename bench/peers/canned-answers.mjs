// Answers that lie ready to requests of RTSP, for servers that measure a floor.

const sdp = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=floor', 't=0 0', 'a=control:*'],
  ...[
    'm=video 0 RTP/AVP 96',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:96 H264/90000',
    'a=control:trackID=0',
    '',
  ],
].join('\r\n')
const session = 'Session: 0123456789012345678901;timeout=60\r\n'
const answers = {
  OPTIONS:
    'Public: OPTIONS, ANNOUNCE, DESCRIBE, SETUP, PLAY, RECORD, TEARDOWN, GET_PARAMETER\r\n\r\n',
  DESCRIBE: `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`,
  SETUP: `${session}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`,
  PLAY: `${session}Range: npt=now-\r\n\r\n`,
  RECORD: `${session}\r\n`,
  TEARDOWN: `${session}\r\n`,
}

const udpSetup = (port) =>
  `${session}Transport: RTP/AVP;unicast;server_port=${port}-${port}\r\n\r\n`

/** Answers every whole request of a text: a SETUP with the UDP port packets come from, or else with TCP. */
export function answer(socket, text, udpPort) {
  for (let start = 0; ; ) {
    const end = text.indexOf('\r\n\r\n', start)
    if (end < 0) return
    const method = text.slice(start, text.indexOf(' ', start))
    const number = text.indexOf('CSeq: ', start) + 'CSeq: '.length
    const cseq = text.slice(number, text.indexOf('\r\n', number))
    const isUdpSetup = udpPort !== undefined && method === 'SETUP'
    const rest = isUdpSetup ? udpSetup(udpPort) : (answers[method] ?? '\r\n')
    socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n${rest}`, 'latin1')
    start = end + '\r\n\r\n'.length
  }
}
