import type { Completions } from './completed-command.js'
import { casesOf, keysWithWords, type Offer, quoted } from './shell-text.js'

const offerWords = (offers: readonly Offer[]): string =>
  `_rtspool_offer ${quoted(offers.map(({ word }) => word).join(' '))}`

/**
 * Returns the completion script for bash 3.2 and later, which does not need the package
 * bash-completion.
 *
 * bash splits words at `=`: `--set`, `log.level`, `=` and `debug` are four words.
 */
export const bashScript = (all: Completions): string => `\
# Completes the command rtspool in bash: source <(rtspool completion bash)
_rtspool_offer() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_rtspool_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
_rtspool_keys() {
  compopt -o nospace 2>/dev/null
  _rtspool_offer ${quoted(all.keys.map(({ name }) => `${name}=`).join(' '))}
}
_rtspool_values() {
  case $1 in
${keysWithWords(all.keys)
  .map(({ name, words }) => `    ${name}) _rtspool_offer ${quoted(words.join(' '))} ;;\n`)
  .join('')}  esac
}
_rtspool() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} name='' word
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD - 1}")
  COMPREPLY=()
  if [[ $cur == = ]]; then
    cur=''
    _rtspool_values "$prev"
    return
  elif [[ $prev == = ]]; then
    _rtspool_values "\${COMP_WORDS[COMP_CWORD - 2]}"
    return
  fi
${casesOf(all, { offerWords, offerFiles: '_rtspool_files', offerKeys: '_rtspool_keys' })}}
complete -F _rtspool rtspool
`
