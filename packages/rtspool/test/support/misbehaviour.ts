import { nextTurn } from './until.js'

/** Failures and invalid results of an application's function. */
export const misbehaviours: readonly (readonly [name: string, misbehave: () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('of the application')
    },
  ],
  [
    'throws no error',
    () => {
      throw undefined
    },
  ],
  ['rejects', () => Promise.reject(new Error('of the application'))],
  ['rejects later', () => nextTurn().then(() => Promise.reject(new Error('late')))],
  ['answers a promise', () => Promise.resolve()],
  ['never settles', () => new Promise(() => {})],
  ['answers null', () => null],
  ['answers an object', () => ({ ok: true })],
  [
    'answers what throws when it is looked at',
    () =>
      Object.defineProperty({}, 'then', {
        get() {
          throw new Error('of a getter')
        },
      }),
  ],
]
