import { LivePlayer } from '../live/index.js'
import { shareConnection, shareTexts } from './share-link.js'

const video = document.querySelector('video')
const state = document.querySelector('p')

/** Plays the live picture for the share link in the URL of the page. */
function play(): void {
  if (!video || !state) return
  const connection = shareConnection(location)
  if (!connection) {
    state.textContent = shareTexts.incomplete
    return
  }
  const player = new LivePlayer(video, {
    connect: async () => connection,
    onStatus: ({ state: name, text }) => {
      state.textContent = text || name
    },
    texts: shareTexts,
  })
  player.start()
}

// Another link in the same tab changes the fragment alone.
addEventListener('hashchange', () => location.reload())
play()
