import { runInNewContext } from 'node:vm'

/** Other objects with the same bytes; all are a `Uint8Array`. */
export const byteContainers: readonly (readonly [
  name: string,
  of: (bytes: Buffer) => Uint8Array,
])[] = [
  ['a Buffer', (bytes) => Buffer.from(bytes)],
  ['a Uint8Array', (bytes) => new Uint8Array(bytes)],
  ['a part of a larger one', (bytes) => within(new Uint8Array(bytes.length + 9), bytes, 5)],
  [
    'a view of shared memory',
    (bytes) => within(new Uint8Array(new SharedArrayBuffer(bytes.length + 3)), bytes, 3),
  ],
  [
    'a view of memory that can be resized',
    (bytes) => {
      const Resizable = ArrayBuffer as unknown as {
        new (length: number, options: { maxByteLength: number }): ArrayBuffer
      }
      return within(new Uint8Array(new Resizable(bytes.length, { maxByteLength: 4096 })), bytes, 0)
    },
  ],
  ['a subclass', (bytes) => new (class Packet extends Uint8Array {})(bytes)],
  [
    'one of another realm',
    (bytes) => runInNewContext('Uint8Array.from(bytes)', { bytes }) as Uint8Array,
  ],
]

function within(memory: Uint8Array, bytes: Buffer, offset: number): Uint8Array {
  memory.set(bytes, offset)
  return memory.subarray(offset, offset + bytes.length)
}

/** Values that are no `Uint8Array`, even if they contain bytes. */
export const notBytes: readonly (readonly [name: string, value: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a string', '\x80\x60'],
  ['a number', 128],
  ['a bigint', 128n],
  ['a symbol', Symbol('packet')],
  ['a list', [0x80, 0x60, ...Array<number>(10).fill(0)]],
  ['an ArrayBuffer', new ArrayBuffer(12)],
  ['a SharedArrayBuffer', new SharedArrayBuffer(12)],
  ['a DataView', new DataView(new ArrayBuffer(12))],
  ['a Uint16Array', new Uint16Array(6)],
  ['a Int8Array', new Int8Array(12)],
  ['an object with a length', { length: 12, 0: 0x80 }],
  ['a promise', Promise.resolve(Buffer.alloc(12))],
  ['a function', () => Buffer.alloc(12)],
]
