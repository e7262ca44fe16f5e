import type { BanView } from '../api/ban-view.js'
import { Button, type Column } from '../elements/index.js'
import { countText, timeText } from '../words/quantities.js'
import { causeTexts, subjectText } from './ban-texts.js'

/**
 * Returns the columns of the table of bans.
 *
 * @param remove - Function that removes a ban; absent if the user may not remove bans.
 */
export function banColumns(
  remove: ((ban: BanView) => void) | undefined,
): readonly Column<BanView>[] {
  const columns: Column<BanView>[] = [
    { id: 'subject', title: 'Keeps out', width: '16rem', cell: subjectText, hint: subjectText },
    {
      id: 'until',
      title: 'Until',
      width: '12rem',
      cell: ({ until }) => (until === undefined ? 'removed' : timeText(1000 * until)),
    },
    {
      id: 'hits',
      title: 'Hits',
      width: '5rem',
      isNumber: true,
      cell: ({ hits }) => countText(hits),
    },
    {
      id: 'lastHit',
      title: 'Last hit',
      width: '12rem',
      cell: ({ lastHitTime }) => lastHitTime && timeText(lastHitTime),
    },
    {
      id: 'reason',
      title: 'Reason',
      width: '12rem',
      cell: ({ reason }) => reason,
      hint: ({ reason }) => reason,
    },
    {
      id: 'cause',
      title: 'Cause',
      width: '12rem',
      cell: ({ cause }) => causeTexts[cause] ?? cause,
    },
    {
      id: 'author',
      title: 'Author',
      width: '7rem',
      cell: ({ author }) => author,
      hint: ({ author }) => author,
    },
    {
      id: 'created',
      title: 'Since',
      width: '12rem',
      cell: ({ createdTime }) => timeText(createdTime),
    },
  ]
  if (!remove) return columns
  const actions: Column<BanView> = {
    id: 'actions',
    title: 'Actions',
    width: '6rem',
    cell: (ban) => (
      <Button
        kind="danger"
        label={`Remove the ban of ${subjectText(ban)}`}
        onClick={() => remove(ban)}
      >
        Remove
      </Button>
    ),
  }
  return [...columns, actions]
}
