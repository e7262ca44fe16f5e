import { describe, expect, it } from 'vitest'
import { SourceAssignment } from '../../src/processes/source-assignment.js'

describe('SourceAssignment', () => {
  it('divides the paths evenly, also among processes that have not told theirs', () => {
    const assignment = new SourceAssignment(3)
    assignment.want(1, ['/d', '/a', '/c', '/b'])
    expect(assignment.owners).toEqual({ '/a': 1, '/b': 2, '/c': 3, '/d': 1 })
    assignment.want(2, ['/a', '/b', '/c', '/d'])
    expect(assignment.owners).toEqual({ '/a': 1, '/b': 2, '/c': 3, '/d': 1 })
  })

  it('gives the paths of a process that has ended to others, which keep them', () => {
    const assignment = new SourceAssignment(2)
    for (const child of [1, 2]) assignment.want(child, ['/a', '/b'])
    assignment.end(2)
    expect(assignment.owners).toEqual({ '/a': 1, '/b': 1 })
    assignment.want(2, ['/a', '/b'])
    expect(assignment.owners).toEqual({ '/a': 1, '/b': 1 })
    for (const child of [1, 2]) assignment.want(child, ['/a', '/b', '/c'])
    expect(assignment.owners['/c']).toBe(2)
  })

  it('has no owner while all processes have ended', () => {
    const assignment = new SourceAssignment(2)
    assignment.want(1, ['/a'])
    assignment.end(1)
    expect(assignment.owners).toEqual({})
    assignment.want(2, ['/a'])
    expect(assignment.owners).toEqual({ '/a': 2 })
    assignment.end(2)
    assignment.want(1, ['/a'])
    expect(assignment.owners).toEqual({ '/a': 1 })
  })

  it('forgets a path when no process names it any more', () => {
    const assignment = new SourceAssignment(2)
    for (const child of [1, 2]) assignment.want(child, ['/a', '/b'])
    assignment.want(1, ['/b'])
    expect(assignment.owners).toEqual({ '/a': 1, '/b': 2 })
    assignment.want(2, ['/b'])
    expect(assignment.owners).toEqual({ '/b': 2 })
  })

  it('gives a path that comes back to its former process, which may still be ending its program', () => {
    const assignment = new SourceAssignment(2)
    for (const child of [1, 2]) assignment.want(child, ['/a', '/b', '/c', '/d'])
    for (const child of [1, 2]) assignment.want(child, ['/d'])
    expect(assignment.owners).toEqual({ '/d': 2 })
    assignment.want(1, ['/b', '/d'])
    expect(assignment.owners).toEqual({ '/b': 2, '/d': 2 })
    assignment.want(1, ['/d'])
    assignment.end(2)
    assignment.want(1, ['/b', '/d'])
    expect(assignment.owners).toEqual({ '/b': 1, '/d': 1 })
  })

  it('knows the former processes of the last 1000 paths', () => {
    const assignment = new SourceAssignment(2)
    const addAndRemove = (count: number) => {
      for (let number = 0; number < count; number++) {
        assignment.want(1, [`/x${number}`])
        assignment.want(1, [])
      }
    }
    const ownerAfter = (count: number) => {
      assignment.want(1, ['/a', '/b'])
      expect(assignment.owners).toEqual({ '/a': 1, '/b': 2 })
      assignment.want(1, ['/b'])
      assignment.want(1, [])
      addAndRemove(count)
      assignment.want(1, ['/b'])
      return assignment.owners['/b']
    }
    expect(ownerAfter(999)).toBe(2)
    expect(ownerAfter(1000)).toBe(1)
  })
})
