import { describe, expect, it } from 'vitest'
import {
  anchorsOf,
  linksOf,
  namedFiles,
  sentencesOf,
  snippetsOf,
} from '../../../scripts/docs-text.mjs'
import { shortCode, withLongLines } from '../../../scripts/shorten-code.mjs'

const page = `# One \`port\`, or two

The server listens on \`127.0.0.1\`. It sends RFC 2326 section 12.39 to [players](guides/x.md#top),
and no more! Version 1.22 is old.

- an item of four words
- two words

| head | of a table |
| --- | --- |
| 3 | this cell counts as one sentence |

\`\`\`sh
ffplay rtsp://127.0.0.1/ # [no link](here.md)
\`\`\`

## One \`port\`, or two

See \`server/server.ts\` and \`intro.mp4\`.
`

describe('a page of the documentation', () => {
  it('has the sentences of its paragraphs, items and cells', () => {
    expect(sentencesOf(page).map(({ words }) => words)).toEqual([5, 11, 4, 5, 6, 4])
  })

  it('counts code and links as the words that a reader sees', () => {
    const [first] = sentencesOf('It needs `new Server({ port: 1 })` and [one good page](x.md).')
    expect(first?.words).toBe(7)
  })

  it('has an anchor for each heading, numbered where two are equal', () => {
    expect([...anchorsOf(page)]).toEqual(['one-port-or-two', 'one-port-or-two-1'])
  })

  it('has links and names of files outside of its snippets only', () => {
    expect(linksOf(page)).toEqual(['guides/x.md#top'])
    expect(namedFiles(page)).toEqual(['server/server.ts'])
  })

  it('tells the language and the line of each snippet', () => {
    expect(snippetsOf(page).map(({ language, line }) => [language, line])).toEqual([['sh', 14]])
  })
})

describe('compiled JavaScript, shortened', () => {
  it.each([
    ['a comment of its own line', '// why\nconst a = 1\n', 'const a=1\n'],
    ['a docstring', 'class A {\n    /** b */\n    b;\n}\n', 'class A{\nb;\n}\n'],
    ['a comment behind code', 'a(); // now\nb();\n', 'a();\nb();\n'],
    ['a comment inside a call', 'a(/* none */ undefined);\n', 'a(undefined);\n'],
    ['a comment at the end', 'a();\n/* end */\n', 'a();\n'],
    ['empty lines', 'a();\n\nb();\n', 'a();\nb();\n'],
    ['indentation', 'if(a){\n\tb();\n    c();\n}\n', 'if(a){\nb();\nc();\n}\n'],
    [
      'breaks of a literal',
      'const a = {\n    b: 1,\n    c: [\n        2\n    ]\n};\n',
      'const a={b:1,c:[2]};\n',
    ],
    [
      'breaks of a getter',
      'class A {\n    get b() {\n        return 1;\n    }\n}\n',
      'class A{\nget b(){return 1;}\n}\n',
    ],
  ])('loses %s', (_name, text, short) => {
    expect(shortCode(text)).toBe(short)
  })

  it.each([
    "const url='rtsp://host/a';\n",
    'const pattern=/\\/\\*[/]/;\n',
    `const text=\`// not /* one */  \${a+b}\n    c\`;\n`,
    '#!/usr/bin/env node\na();\n',
    'if(a)\nb();\nelse{\nc();\nd();\n}\n',
    'switch(a){\ncase 1:\nb();\ndefault:\n}\n',
    'try{\na();\nb();\n}finally{c();}\n',
    'f(()=>{\na();\nb();\n});\n',
    'for(;;){\nif(a){\nb();\nbreak;\n}\n}\n',
    'label:for(const a of b){\nif(a)continue label;\nc();\n}\n',
    `const long={\na:'${'b'.repeat(300)}',\nc\n};\n`,
  ])('keeps %s as it is', (text) => {
    expect(shortCode(text)).toBe(text)
  })

  it.each([
    ['between words', 'const a = b in c;\n', 'const a=b in c;\n'],
    ['around signs', 'const a = b + +c - -d;\n', 'const a=b+ +c- -d;\n'],
    ['before a pattern', 'const a = b / /c/.d;\n', 'const a=b/ /c/.d;\n'],
    ['after a number', 'const a = 1 .toFixed();\n', 'const a=1 .toFixed();\n'],
    ['before a private name', 'const a = #b in c;\n', 'const a=#b in c;\n'],
    ['in texts and templates', "f('a  b', `c  d`);\n", "f('a  b',`c  d`);\n"],
    ['of lines', 'if (a)\nb = { c };\n', 'if(a)\nb={c};\n'],
    ['in an HTML comment that is none', 'a < !--b;\n', 'a< !--b;\n'],
    ['between words in two lines', 'a = [\n    b\n        in c,\n];\n', 'a=[b in c,];\n'],
  ])('keeps the meaning %s', (_name, text, short) => {
    expect(shortCode(text)).toBe(short)
    expect(shortCode(short)).toBe(short)
  })
})

describe('a docstring of declarations', () => {
  it('has each paragraph in one line, tabs, and lists, tags and code as they were', () => {
    const docstring = `    /**
     * First line
     * and the rest.
     *
     * - an item
     *   of two lines
     * - another
     *
     * \`\`\`ts
     * a()
     *   b()
     * \`\`\`
     * @returns One
     *   thing
     */
    a(): void;
`
    expect(withLongLines(docstring)).toBe(`	/**
	 * First line and the rest.
	 *
	 * - an item of two lines
	 * - another
	 *
	 * \`\`\`ts
	 * a()
	 *   b()
	 * \`\`\`
	 * @returns One thing
	 */
	a(): void;
`)
  })

  it('of one paragraph has one line', () => {
    expect(withLongLines('/**\n * One\n * line.\n */\nexport {};\n')).toBe(
      '/** One line. */\nexport {};\n',
    )
  })
})
