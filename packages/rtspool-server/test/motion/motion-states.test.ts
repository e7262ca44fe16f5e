import { describe, expect, it } from 'vitest'
import { MotionStates } from '../../src/motion/motion-states.js'
import { parseXml } from '../../src/xml/xml.js'

const alarm = 'tns1:VideoSource/MotionAlarm'
const cell = 'tns1:RuleEngine/CellMotionDetector/Motion'

const notice = (topic: string, source: string, item: string, operation = 'Changed'): string =>
  `<NotificationMessage><Topic> ${topic} </Topic><Message><Message PropertyOperation="${operation}">` +
  `<Source><SimpleItem Name="Source" Value="${source}"/></Source><Data>${item}</Data>` +
  '</Message></Message></NotificationMessage>'
const state = (value: string, name = 'State'): string =>
  `<SimpleItem Name="${name}" Value="${value}"/>`

/** Reads responses one after the other, and returns whether something moves after each. */
function movingAfter(...responses: readonly string[]): boolean[] {
  const states = new MotionStates()
  return responses.map((text) => {
    states.read(parseXml(`<PullMessagesResponse>${text}</PullMessagesResponse>`))
    return states.isMoving
  })
}

describe('motion states', () => {
  it('follow the notifications of both usual topics', () => {
    const [begin, end] = [notice(alarm, '1', state('true')), notice(alarm, '1', state('false'))]
    expect(movingAfter(begin, '', end)).toEqual([true, true, false])
    expect(movingAfter(begin + end)).toEqual([false])
    const rule = (value: string) => notice(cell, '1', state(value, 'IsMotion'))
    expect(movingAfter(rule('1'), rule('0'))).toEqual([true, false])
  })

  it('move while one of several sources or rules moves', () => {
    expect(
      movingAfter(
        notice(alarm, '1', state('true')) + notice(cell, '1', state('true', 'IsMotion')),
        notice(alarm, '1', state('false')),
        notice(cell, '1', state('true', 'IsMotion'), 'Deleted'),
      ),
    ).toEqual([true, true, false])
  })

  it('leave out other topics, and messages without a state', () => {
    const other = notice('tns1:Device/Trigger/DigitalInput', '1', state('true'))
    expect(
      movingAfter(other, notice(alarm, '1', ''), '<Other/>', '<NotificationMessage/>'),
    ).toEqual([...[false, false, false, false]])
  })

  it('keep at most 64 places that move, however many rest', () => {
    const many = (value: string) =>
      Array.from({ length: 64 }, (_, at) => notice(alarm, `${at}`, state(value))).join('')
    const more = (value: string) => notice(alarm, 'more', state(value))
    expect(movingAfter(many('false'), more('true'), more('false'))).toEqual([false, true, false])
    expect(movingAfter(many('true') + more('true'), many('false'))).toEqual([true, false])
  })
})
