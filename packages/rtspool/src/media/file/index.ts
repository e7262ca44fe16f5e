/// <reference types="node" preserve="true" />

export { type FileMediaOptions, fileMedia, fileMediaDefaults } from './file-media.js'
export { openFileSource } from './open-file-source.js'
