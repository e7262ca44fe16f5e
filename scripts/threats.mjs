/** The threats, as docs/evidence/threats.md shows them: one line an id. */
export const threats = {
  'Sessions and their owners': {
    'B-GUESS': 'session ids cannot be guessed, and whoever tries is cut off',
    'B-HIJ': 'who knows the id of another one can neither use, end nor prolong the session',
    'B-TOUCH': 'a session that is due is gone, and no late message brings it back',
    'B-FIX': 'an id that a client has made up is never taken over',
    'B-FULL': 'nobody keeps all places, and a refused request takes none',
    'B-RACE': 'whatever ends a session at the same time, it leaves once and leaves nothing behind',
    'B-TWICE': 'a track that is set up again and again has one transport, the old or the new',
    'B-CSEQ':
      'odd or repeated sequence numbers, and thousands of requests at once, cost little and confuse nothing',
    'B-NPOOL': 'a session that never ends does not hide the deadline of another',
  },
  Connections: {
    'B-SLOW': 'messages that come byte by byte, and silent clients, have a deadline',
    'B-HALF': 'a client that vanishes without a word is noticed',
    'B-BIG':
      'lines, headers and bodies have limits, which hold before they are kept; what waits unread costs no more than its bytes',
    'B-ILV':
      'broken interleaved frames are dropped or end their connection, and are never read as requests',
    'B-SMUG':
      'bytes have one meaning, however they are cut: no request hides in a body, a frame or a line of HTTP',
    'B-TUN':
      'a tunnel belongs to the address that opened it, half a tunnel does not last, and web pages of elsewhere get none',
    'B-FD':
      'no file descriptor is left behind, whatever fails, and no address but a trusted one takes more than its share of connections',
    'B-PROXY':
      'only a trusted proxy may name the address of its client, and must, in a header of a few bytes',
    'B-PORT': 'ports that others hold are passed over, and when none is free the server says so',
    'B-HERD':
      'a crowd that comes at once starts one source, and a description is made once for all',
    'B-LOOP': 'no text keeps the event loop busy, however long and odd it is',
    'B-TLS':
      'old versions of TLS are refused, handshakes have a deadline, and the expiry of the certificate can be watched',
  },
  'Users and rights': {
    'B-AUTH0':
      'every request but OPTIONS outside a session is looked at, and what no rule names is closed',
    'B-REPLAY': 'a Digest that was overheard is worth nothing a second time or elsewhere',
    'B-BRUTE':
      'passwords are guessed slowly, and neither other hosts nor users who have just logged in wait for it',
    'B-TIMING':
      'the time of an answer does not tell whether a user exists or how much of a password is right',
    'B-DOWN':
      'the best algorithm is offered first, weak ones can be turned off, and passwords in clear have to be asked for',
    'B-PUBL': 'a path changes hands by the policy of takeovers alone',
    'B-PATH':
      'odd paths are refused before any source sees them, and so are patterns that can match none',
  },
  Media: {
    'B-AMP': 'media go to nobody who has not asked for them, and stop where nobody listens',
    'B-RTCP':
      'reports and BYE count only from whom they are about, and many of them disturb nobody',
    'B-RTP': 'packets of a publisher count only from the address and port that it announced',
    'B-BACK': 'who reads too slowly costs bounded memory, and no packet of the others',
    'B-PUBDIE':
      'a publisher that vanishes is noticed, its viewers are told, and its path is free again',
    'B-NET': 'loss, doubles and disorder on the way in are passed on and counted',
    'B-CLOCK':
      'a wall clock that jumps, and a process that stood still, end nobody and bend no report',
    'B-SSRC': 'what is no RTP goes nowhere; another source or payload type on the way goes on',
    'B-SRTP':
      'keys are told inside TLS only; no index is used twice, no packet taken twice, none that is not authentic',
  },
  'The process and its operator': {
    'B-CRASH': 'what a request, a packet or a callback throws harms its own connection at most',
    'B-DRAIN': 'a server that closes makes nothing new, says goodbye, and comes to an end',
    'B-LOAD':
      'a server short of memory or time refuses newcomers and ends the slowest viewers, before the process dies',
    'B-LOG':
      'what peers say stays in one line of the log and cannot flood it; no log delays or ends the server',
    'B-SECR':
      'passwords and keys are in no error, event or line of the log, and no answer shows them again',
  },
  'The control API': {
    'B-CSRF':
      'web pages of other origins and names reach nothing, every call but a login needs a token, and GET changes nothing',
    'B-XSS': 'text of peers never becomes part of a page',
    'B-METR': 'no client chooses a label of a metric',
  },
}
