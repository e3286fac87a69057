import { describe, expect, it } from 'vitest'
import { lookOf, PictureAge, readTold, stampGap, type Told } from './age'

const told = (more: Partial<Told> = {}): Told => ({
  state: 'live',
  at: 1_000_000,
  rtp: 90_000,
  now: 1_000_010,
  cut: 0,
  ...more,
})

describe('the age of a picture', () => {
  it('is that of the frame on the screen, not that of the newest packet', () => {
    const age = new PictureAge()
    age.hear(told(), 500) // the console's clock is 999,510 ahead of this one
    age.show(90_000 - 18_000, 520) // a frame 200 ms before the newest packet
    expect(age.pictureAt).toBe(999_800)
    expect(age.age(520)).toBe(230)
    expect(age.age(1_520)).toBe(1_230)
  })
  it('takes the fastest message for the console’s clock', () => {
    const age = new PictureAge()
    age.hear(told({ now: 1_000_000 }), 1_000)
    age.hear(told({ now: 1_001_000 }), 2_400) // 400 ms on its way
    expect(age.consoleNow(2_400)).toBe(1_001_400)
  })
  it('counts over the end of the time stamps', () => {
    expect(stampGap(4_500, 2 ** 32 - 4_500)).toBe(100)
    expect(stampGap(2 ** 32 - 4_500, 4_500)).toBe(-100)
    const age = new PictureAge()
    age.hear(told({ rtp: 4_500 }), 0)
    age.show(2 ** 32 - 4_500, 0)
    expect(age.pictureAt).toBe(999_900)
  })
  it('is unknown before the console has said anything of it', () => {
    const age = new PictureAge()
    age.show(1, 0)
    expect(age.age(10)).toBeUndefined()
    expect(lookOf(age, 10)).toBe('connecting')
    age.hear(told({ at: 0, state: 'connecting' }), 10)
    expect(age.age(20)).toBeUndefined()
  })
  it('is that of the newest packet where the browser does not name the frame', () => {
    const age = new PictureAge()
    age.hear(told(), 0)
    age.show(undefined, 5)
    expect(age.pictureAt).toBe(1_000_000)
  })
})

describe('what is said of a picture', () => {
  const shown = (ago: number, more: Partial<Told> = {}) => {
    const age = new PictureAge()
    age.hear(told({ now: 1_000_000, ...more }), 0)
    age.show(90_000 - ago * 90, 0)
    return lookOf(age, 0)
  }
  it.each<[string, number, Partial<Told>, string]>([
    ['fresh', 80, {}, 'live'],
    ['late', 700, {}, 'delayed'],
    ['caught up with', 200, { state: 'delayed' }, 'delayed'],
    ['far behind, and going on', 3_200, {}, 'delayed'],
    ['frozen at the camera', 40, { state: 'frozen' }, 'frozen'],
    ['gone', 40, { state: 'lost' }, 'lost'],
    ['what this browser cannot play', 40, { state: 'lost', fault: 'codec' }, 'unplayable'],
    ['shown while the source connects anew', 40, { state: 'connecting' }, 'delayed'],
  ])('%s', (_, ago, more, want) => expect(shown(ago, more)).toBe(want))

  it('is that pictures are left out, for as long as the console says so', () => {
    const age = new PictureAge()
    age.hear(told({ now: 1_000_000, state: 'delayed', short: true }), 0)
    age.show(90_000, 0)
    expect([lookOf(age, 100), age.short(100)]).toEqual(['delayed', true])
    // A keyframe now and then is a picture that goes on; without words of the console it is none.
    expect([age.short(3_500), lookOf(age, 3_500)]).toEqual([false, 'frozen'])
    age.hear(told({ now: 1_003_000, state: 'delayed', short: true }), 3_000)
    expect([lookOf(age, 3_500), lookOf(age, 5_900)]).toEqual(['delayed', 'delayed'])
    age.hear(told({ now: 1_006_000, state: 'delayed', short: true }), 6_000)
    expect(lookOf(age, 6_100)).toBe('frozen')
    age.show(90_000 + 6 * 90_000, 6_200)
    age.hear(told({ now: 1_006_300, at: 1_006_200, rtp: 7 * 90_000 }), 6_300)
    expect([lookOf(age, 6_400), age.short(6_400)]).toEqual(['live', false])
  })

  it('becomes frozen by itself when neither frames nor words come any more', () => {
    const age = new PictureAge()
    age.hear(told({ now: 1_000_000 }), 0)
    age.show(90_000, 0)
    expect([0, 600, 3_001].map((at) => lookOf(age, at))).toEqual(['live', 'delayed', 'frozen'])
  })
})

describe('a message of the channel', () => {
  it.each(['', 'null', '{}', '{"state":"live"}', '{"state":"live","at":"x","rtp":1,"now":1,"cut":0}'])(
    'that makes no sense is not heard (%s)',
    (text) => expect(readTold(text)).toBeUndefined(),
  )
})
