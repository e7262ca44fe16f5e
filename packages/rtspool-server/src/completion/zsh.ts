import type { Completions } from './completed-command.js'
import { casesOf, keysWithWords, type Offer, quoted } from './shell-text.js'

/**
 * Formats words for `_describe` of zsh, which finds the meaning of each word after its first colon.
 */
const entries = (offers: readonly Offer[]): string =>
  offers.map(({ word, text }) => quoted(text === '' ? word : `${word}:${text}`)).join(' ')

const offerWords = (offers: readonly Offer[]): string =>
  `offers=(${entries(offers)}) && _describe -V rtspool offers`

/** Returns the completion script for zsh, to be sourced, or stored as `_rtspool` in `fpath`. */
export const zshScript = (all: Completions): string => `\
#compdef rtspool
# Completes the command rtspool in zsh: source <(rtspool completion zsh)
_rtspool_keys() {
  local -a offers
  if compset -P '*='; then
    case $IPREFIX in
${keysWithWords(all.keys)
  .map(({ name, words }) => `      ${name}=) compadd -- ${words.map(quoted).join(' ')} ;;\n`)
  .join('')}    esac
    return
  fi
  offers=(${entries(all.keys.map(({ name, text }) => ({ word: name, text })))})
  _describe -V rtspool offers -S =
}
_rtspool() {
  local name='' prev=\${words[CURRENT - 1]} cur=\${words[CURRENT]} word
  local -a offers before
  before=("\${(@)words[2,CURRENT - 1]}")
${casesOf(all, { offerWords, offerFiles: '_files', offerKeys: '_rtspool_keys' })}}
if [[ $funcstack[1] == _rtspool ]]; then _rtspool; else compdef _rtspool rtspool; fi
`
