import { join } from 'node:path'

/** The page, built into the package of the command, which serves it. */
export default {
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: '../rtspool-server/page',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        index: join(import.meta.dirname, 'index.html'),
        share: join(import.meta.dirname, 'share.html'),
      },
    },
  },
}
