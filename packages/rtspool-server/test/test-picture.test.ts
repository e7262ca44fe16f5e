import { describe, expect, it } from 'vitest'
import { testFile, whyNoTestPicture } from '../src/test-picture.js'

describe('the test picture', { tags: 'U-3' }, () => {
  it('plays when its file and the package that reads it are there', () => {
    expect(whyNoTestPicture()).toBeUndefined()
  })

  it('names the missing file', () => {
    expect(whyNoTestPicture('/nowhere/test.mp4')).toBe('/nowhere/test.mp4 is missing')
  })

  it('names the missing package', () => {
    const resolve = () => {
      throw new Error('Cannot find package')
    }
    expect(whyNoTestPicture(testFile, resolve)).toContain('npm install mediabunny')
  })
})
