import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { testTags } from './scripts/test-tags.mjs'

const sourceOf = (name: string, file: string) =>
  fileURLToPath(new URL(`packages/${name}/src/${file}`, import.meta.url))

/** Tests of the command take the other packages from their sources, as their own tests do: no build, and each module once. */
const resolve = {
  alias: [
    // A worker runs compiled code, even where the tests run the sources.
    {
      find: /^.*\/worker-url\.js$/,
      replacement: fileURLToPath(
        new URL('packages/rtspool/test/support/worker-url.ts', import.meta.url),
      ),
    },
    { find: /^rtspool$/, replacement: sourceOf('rtspool', 'index.ts') },
    { find: 'rtspool/session-pool', replacement: sourceOf('rtspool', 'session-pool/index.ts') },
    { find: 'rtspool/testing', replacement: sourceOf('rtspool', 'testing/index.ts') },
    { find: 'rtspool/rtp', replacement: sourceOf('rtspool', 'public/rtp.ts') },
    { find: 'rtspool/client', replacement: sourceOf('rtspool', 'client/index.ts') },
    { find: 'rtspool/rtsp', replacement: sourceOf('rtspool', 'public/rtsp.ts') },
    { find: 'rtspool/cluster', replacement: sourceOf('rtspool', 'cluster/index.ts') },
    { find: 'rtspool/relay', replacement: sourceOf('rtspool', 'relay/index.ts') },
    { find: 'rtspool/push', replacement: sourceOf('rtspool', 'media/push/index.ts') },
    { find: 'rtspool/file', replacement: sourceOf('rtspool', 'media/file/index.ts') },
    { find: /^rtspool-conform$/, replacement: sourceOf('rtspool-conform', 'index.ts') },
    {
      find: 'rtspool-conform/command-line',
      replacement: sourceOf('rtspool-conform', 'command-line/index.ts'),
    },
  ],
}

/** For `npm run test:threads`; the other layers look at the variable in `support/setup.ts`. */
const sendsByThreads = process.env.TEST_SEND_THREADS !== undefined

export default defineConfig({
  test: {
    maxWorkers: '100%',
    tags: testTags,
    reporters: ['default', './scripts/test-reporter.mjs'],
    // A third of a run of the unit layer was transforming modules that had not changed.
    experimental: { fsModuleCache: true },
    // One layer after the other (groupOrder): random histories take every processor, and players need time.
    projects: [
      {
        // What each change is tried with: quick, no sleeping.
        resolve,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['packages/*/test/**/*.test.ts'],
          exclude: ['**/*.property.test.ts', 'packages/rtspool-server/test/command.test.ts'],
          setupFiles: ['packages/rtspool/test/support/setup.ts'],
          isolate: false,
          testTimeout: 10_000,
        },
      },
      {
        // Models, random histories and fuzzing: the same code, many thousand times; and what waits for the kernel.
        // Some measure memory, so each file has a process of its own.
        resolve,
        test: {
          name: 'property',
          sequence: { groupOrder: 1 },
          include: ['packages/*/test/**/*.property.test.ts'],
          setupFiles: ['packages/rtspool/test/support/setup.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // Real players, publishers and servers, the real command among them.
        test: {
          name: 'interop',
          sequence: { groupOrder: 2 },
          include: [
            'test/interop/**/*.test.ts',
            'test/network/**/*.test.ts',
            'test/cluster/**/*.test.ts',
            'packages/rtspool-server/test/command.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          setupFiles: sendsByThreads ? ['test/interop/support/send-by-threads.mjs'] : [],
          // Players show in real time, and wait most of it.
          maxWorkers: 3,
          // gst-launch 1.22 has races of its own: one in some hundred runs ends with 1 before it has played.
          retry: 1,
        },
      },
      {
        // Attacks on the real command in a network of its own; honest clients beside them lose nothing.
        test: {
          name: 'faults',
          sequence: { groupOrder: 4 },
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 240_000,
          maxWorkers: 1,
          // A machine that is busy with something else delays victims, too.
          retry: 1,
        },
      },
      {
        // Debian 12 has no VLC that speaks RTSP: only when it is asked for.
        test: {
          name: 'vlc',
          sequence: { groupOrder: 3 },
          include: ['test/vlc/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // Every player over every kind of route, beside gst-rtsp-server: a table, and only when it is asked for.
        test: {
          name: 'network',
          sequence: { groupOrder: 6 },
          include: ['test/network/**/*.table.ts'],
          testTimeout: 3_600_000,
        },
      },
      {
        // Examples that push, for ten minutes: a table, and only when it is asked for.
        test: {
          name: 'drift',
          sequence: { groupOrder: 7 },
          include: ['test/interop/**/*.table.ts'],
          hookTimeout: 150_000,
        },
      },
      {
        // Each fault of a cluster's store under each policy, and kills for minutes: tables, and only when they are asked for.
        test: {
          name: 'cluster',
          sequence: { groupOrder: 8 },
          include: ['test/cluster/**/*.table.ts'],
          testTimeout: 3_600_000,
          maxWorkers: 1,
        },
      },
      {
        // Another runtime, which has to be fetched: only when it is asked for.
        test: {
          name: 'deno',
          sequence: { groupOrder: 5 },
          include: ['test/deno/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
