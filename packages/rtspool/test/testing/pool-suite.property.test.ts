import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, test } from 'vitest'
import { Session, SessionPool } from '../../src/session-pool/index.js'
import { ManualClock, testSessionPool } from '../../src/testing/index.js'

const guides = ['your-own-sessions', 'test-without-waiting'].map((name) =>
  readFileSync(new URL(`../../../../docs/guides/${name}.md`, import.meta.url), 'utf8'),
)

/** Runs the TypeScript example of the documentation that contains `text`, without its imports. */
function runExample(text: string, names: Readonly<Record<string, unknown>>, answer = 'undefined') {
  const examples = [...guides.join('\n').matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
  const example = examples.find((code) => code.includes(text))?.replace(/^import .*$/gm, '')
  assert.ok(example, `no example has ${text}`)
  const { outputText } = ts.transpileModule(example, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const body = `${outputText.replaceAll('export {};', '')}; return ${answer}`
  return new Function(...Object.keys(names), body)(...Object.values(names)) as unknown
}

describe('the subclass in docs/guides/your-own-sessions.md', () => {
  const ViewerPool = runExample(
    'class ViewerPool',
    { Session, SessionPool },
    'ViewerPool',
  ) as typeof SessionPool
  testSessionPool({ test, createPool: (options) => new ViewerPool(options) })

  test('creates sessions of its own class', () => {
    assert.equal(Reflect.get(new ViewerPool().create(), 'camera'), 0)
  })
})

describe('a subclass that overrides the methods', () => {
  class CustomSession extends Session {
    note = ''
  }
  class CustomPool extends SessionPool {
    readonly left: Session[] = []
    protected override createSession(id: string, init: object): Session {
      return this.hasOwnFactory ? super.createSession(id, init) : new CustomSession(id, init)
    }
    protected override sessionRemoved(session: Session): void {
      this.left.push(session)
    }
    hasOwnFactory = false
  }
  testSessionPool({
    test,
    createPool(options) {
      const pool = new CustomPool(options)
      pool.hasOwnFactory = options.createSession !== undefined
      return pool
    },
  })
})

test('the example with ManualClock in docs/guides/test-without-waiting.md works as described', () => {
  runExample('new ManualClock', { ManualClock, SessionPool, assert })
})
