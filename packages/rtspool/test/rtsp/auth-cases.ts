import type { Authorization } from '../../src/rtsp/headers/authorization.js'
import type { Challenge } from '../../src/rtsp/headers/www-authenticate.js'
import type { Tags } from '../support/tagged-cases.js'
import type { HeaderCase, RefusedCase } from './header-cases.js'

const digest = {
  scheme: 'Digest',
  username: 'u',
  realm: 'r',
  nonce: 'n',
  uri: 'rtsp://h/cam',
  response: '0123456789abcdef0123456789abcdef',
} as const satisfies Authorization
const wire = (username: string, rest = ''): string =>
  `Digest username=${username}, realm="r", nonce="n", uri="rtsp://h/cam", response="${digest.response}"${rest}`

export const authorizationCases: readonly HeaderCase<Authorization>[] = [
  { name: 'without qop, as GStreamer sends it', tags: 'A-DIG-2', wire: wire('"u"'), value: digest },
  {
    name: 'with qop, as FFmpeg sends it',
    tags: 'A-DIG-2',
    wire: wire('"u"', ', algorithm="MD5", qop="auth", cnonce="c", nc=00000001'),
    canonical: wire('"u"', ', cnonce="c", algorithm=MD5, qop=auth, nc=00000001'),
    value: { ...digest, algorithm: 'MD5', qop: 'auth', nc: '00000001', cnonce: 'c' },
  },
  {
    name: 'a name with quotes and a backslash',
    tags: 'A-DIG-11',
    wire: wire('"a\\"b\\\\c"'),
    value: { ...digest, username: 'a"b\\c' },
  },
  {
    name: 'a name in UTF-8',
    tags: 'A-DIG-11',
    wire: wire('"jürgen"'),
    value: { ...digest, username: 'jürgen' },
  },
  {
    name: 'a comma and an equals sign inside of quotes',
    tags: 'A-DIG-11',
    wire: wire('"a, nonce=x"'),
    value: { ...digest, username: 'a, nonce=x' },
  },
  {
    name: 'an extended name',
    tags: 'A-DIG-11',
    wire: `Digest username*=UTF-8''j%C3%BCrgen,realm="r",nonce="n",uri="rtsp://h/cam",response="${digest.response}"`,
    canonical: wire('"jürgen"'),
    value: { ...digest, username: 'jürgen' },
  },
  {
    name: 'names in capitals, no spaces, tokens without quotes, an empty piece',
    wire: `dIGEST USERNAME=u,Realm=r,NONCE=n,uri="rtsp://h/cam",,response=${digest.response.toUpperCase()},opaque=o`,
    canonical: wire('"u"', ', opaque="o"'),
    value: { ...digest, opaque: 'o' },
  },
  {
    name: 'an unknown parameter, which is left out',
    wire: wire('"u"', ', x="y"'),
    canonical: wire('"u"'),
    value: digest,
  },
  {
    name: 'Basic',
    wire: 'Basic dTpw',
    value: { scheme: 'Basic', username: 'u', password: 'p' },
  },
  {
    name: 'Basic with colons in the password, which may be empty',
    wire: 'basic  dTo6',
    canonical: 'Basic dTo6',
    value: { scheme: 'Basic', username: 'u', password: ':' },
  },
  {
    name: 'Basic in UTF-8',
    tags: 'A-DIG-11',
    wire: 'Basic w7w6w7w=',
    value: { scheme: 'Basic', username: 'ü', password: 'ü' },
  },
  {
    name: 'Bearer',
    wire: 'bearer eyJh.e30.a-_~+/9=',
    canonical: 'Bearer eyJh.e30.a-_~+/9=',
    value: { scheme: 'Bearer', token: 'eyJh.e30.a-_~+/9=' },
  },
]

const refused = (wires: Record<string, string>, tags: Tags = []): RefusedCase[] =>
  Object.entries(wires).map(([name, text]) => ({
    name,
    tags,
    wire: text,
    code: 'ERR_HEADER_VALUE',
  }))

export const refusedAuthorizations = [
  ...refused({
    nothing: '',
    'Basic without base64': 'Basic u:p',
    'Basic without a colon': 'Basic dXA=',
    'Basic without a name': 'Basic OnA=',
    'another scheme': 'Negotiate abc',
    'Bearer without a token': 'Bearer',
    'Bearer with two tokens': 'Bearer abc def',
    'no name': wire('"u"').replace('username="u", ', ''),
    'an empty name': wire('""'),
    'no realm': wire('"u"').replace('realm="r", ', ''),
    'no nonce': wire('"u"').replace('nonce="n", ', ''),
    'no uri': wire('"u"').replace('uri="rtsp://h/cam", ', ''),
    'no response': 'Digest username="u", realm="r", nonce="n", uri="rtsp://h/cam"',
    'a response that is not hexadecimal': wire('"u"').replace('0123', 'wxyz'),
    'an extended name in another charset': wire('"u"').replace(
      'username="u"',
      "username*=latin1''u",
    ),
    'an extended name with half an escape': wire('"u"').replace(
      'username="u"',
      "username*=UTF-8''%c3",
    ),
    'a parameter without a value': wire('"u"', ', qop'),
    'a parameter without a name': wire('"u"', ', ="x"'),
  }),
  ...refused(
    {
      'a scheme alone': 'Digest',
      'Basic alone': 'Basic',
      'Basic and an equals sign': 'Basic =',
    },
    'B-AUTH0',
  ),
  ...refused(
    {
      'quotes that do not end': wire('"u'),
      'text behind quotes': wire('"u"x'),
      'a hashed name': wire('"u"', ', userhash=true'),
    },
    'A-DIG-11',
  ),
  ...refused(
    {
      'a parameter twice': wire('"u"', ', nonce="m"'),
    },
    'B-SMUG',
  ),
  ...refused(
    {
      'qop without nc': wire('"u"', ', qop=auth, cnonce="c"'),
      'qop without cnonce': wire('"u"', ', qop=auth, nc=00000001'),
      'nc that is not a number': wire('"u"', ', qop=auth, cnonce="c", nc=0000000g'),
      'nc that is too short': wire('"u"', ', qop=auth, cnonce="c", nc=1'),
    },
    'A-DIG-5',
  ),
  ...refused(
    {
      'more parameters than there are': wire(
        '"u"',
        Array.from({ length: 40 }, (_, index) => `, x${index}=1`).join(''),
      ),
    },
    'B-BIG',
  ),
]

export const challengeCases: readonly HeaderCase<Challenge>[] = [
  {
    name: 'Digest with SHA-256',
    tags: 'A-DIG-1',
    wire: 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
    value: { scheme: 'Digest', realm: 'r', nonce: 'n', algorithm: 'SHA-256', qop: ['auth'] },
  },
  {
    name: 'stale stands third',
    tags: 'A-DIG-4',
    wire: 'Digest realm="r", nonce="n", stale=true, algorithm=MD5',
    value: { scheme: 'Digest', realm: 'r', nonce: 'n', stale: true, algorithm: 'MD5' },
  },
  {
    name: 'another order and everything there is',
    wire: 'digest opaque="o",qop="auth,auth-int" ,stale=FALSE, nonce=n, algorithm="MD5", realm=r, domain="/"',
    canonical: 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth, auth-int", opaque="o"',
    value: {
      scheme: 'Digest',
      realm: 'r',
      nonce: 'n',
      algorithm: 'MD5',
      qop: ['auth', 'auth-int'],
      opaque: 'o',
    },
  },
  {
    name: 'a realm with quotes and a backslash',
    tags: 'A-DIG-11',
    wire: 'Basic realm="a\\"b\\\\c"',
    value: { scheme: 'Basic', realm: 'a"b\\c' },
  },
  {
    name: 'Bearer',
    wire: 'Bearer realm="r"',
    value: { scheme: 'Bearer', realm: 'r' },
  },
]

export const refusedChallenges = refused({
  nothing: '',
  'another scheme': 'Negotiate realm="r"',
  'no realm': 'Basic',
  'no nonce': 'Digest realm="r"',
  'quotes that do not end': 'Basic realm="r',
  'an algorithm that is no token': 'Digest realm="r", nonce="n", algorithm="M D5"',
  'a qop that is no token': 'Digest realm="r", nonce="n", qop="a b"',
})
