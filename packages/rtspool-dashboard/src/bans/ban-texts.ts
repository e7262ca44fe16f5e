import type { BanView } from '../api/ban-view.js'

/** Explanations of the causes of bans, by their names in the API. */
export const causeTexts: Readonly<Record<string, string>> = {
  added: 'added by hand',
  kicked: 'with the end of a session',
  failedLogins: 'failed logins',
  flapping: 'too many sessions',
}

/** Formats the subject of a ban: `user ann, path /cam`. */
export const subjectText = ({ user, address, path }: Pick<BanView, 'user' | 'address' | 'path'>) =>
  [user && `user ${user}`, address && `address ${address}`, path && `path ${path}`]
    .filter(Boolean)
    .join(', ')
