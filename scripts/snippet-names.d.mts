/** Names that snippets of the documentation use without saying where they come from. */
import type {
  AdmitContext,
  MediaSource,
  SessionPool as Pool,
  RtspServer as Server,
  SessionMedia,
} from 'rtspool'

declare global {
  const server: Server
  const pool: Pool
  const session: NonNullable<ReturnType<Pool['get']>>
  const media: SessionMedia
  const socket: import('node:net').Socket
  const backChannel: import('rtspool').BackChannelOptions
  const owner: AdmitContext['owner']
  const token: { readonly exp: number }
  const renewed: { readonly exp: number }
  const key: string
  const cert: string
  const publicId: string
  const idFromTheWire: string
  const database: {
    findUser(
      name: string,
      options: { signal: AbortSignal },
    ): Promise<{ sha256: string; md5: string } | undefined>
  }
  const rights: {
    of(
      user: string | undefined,
      path: string | undefined,
      options: { signal?: AbortSignal | undefined },
    ): Promise<{ seconds: number } | undefined>
  }
  const tickets: {
    find(
      token: string,
      options: { signal: AbortSignal },
    ): Promise<{ path: string; user: string; until: number } | undefined>
  }
  const plans: { sessionsOf(user: string | undefined): Promise<number> }
  class ViewerPool extends Pool {}
  function planOf(user: string | undefined): string
  function openCamera(): MediaSource
  function connectCamera(): {
    readonly description: MediaSource['description']
    onPacket: (track: number, packet: Uint8Array) => void
    onLost: () => void
    onReconnected: () => void
    close(): void
  }
  function startEncoder(onPicture?: (picture: Uint8Array, ticks: number) => void): void
  function startEncoder(calls: {
    onPicture: (bytes: Uint8Array, pts: number) => void
    onSound: (bytes: Uint8Array, pts: number) => void
  }): void
  function forceKeyFrame(): void
  function stopEncoder(): void
  function openSpeaker(): { play(rtp: Buffer): void; close(): void }
  function reply(text: string): void
}
