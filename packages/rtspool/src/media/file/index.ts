export { type FileMediaOptions, fileMedia, fileMediaDefaults } from './file-media.js'
