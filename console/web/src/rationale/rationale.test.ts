import { describe, expect, it } from 'vitest'
import { type Rationale, settingOf, shown } from './rationale'

const row = {
  priority: 2,
  response: 'Look.',
  cameras: ['C-01', 'C-02'],
  on_delay_ms: 1500,
  off_delay_ms: 0,
} as Rationale

describe('rationale', () => {
  it('shows what is set', () => {
    expect(shown(row, 'priority')).toBe('2')
    expect(shown(row, 'cameras')).toBe('C-01, C-02')
    expect(shown(row, 'on_delay_ms')).toBe('1.5')
    expect(shown(row, 'off_delay_ms')).toBe('')
  })
  it('reads what was typed', () => {
    const key = { point: 'g/d.p', kind: 'door.forced', version: 3 }
    const { setting, wrong } = settingOf(
      { priority: '1', cameras: 'C-01; C-02 C-03', on_delay_ms: '2.5', response: '' },
      key,
    )
    expect(wrong).toBeNull()
    expect(setting).toEqual({ ...key, priority: 1, cameras: ['C-01', 'C-02', 'C-03'], on_delay_ms: 2500, response: '' })
  })
  it('names what is no number', () => {
    expect(settingOf({ respond_within: 'soon' }, { point: 'g/d.p', kind: '', version: 0 }).wrong).toBe('respond_within')
    expect(settingOf({ respond_within: '-1' }, { point: 'g/d.p', kind: '', version: 0 }).wrong).toBe('respond_within')
  })
})
