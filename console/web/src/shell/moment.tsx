import '@mantine/dates/styles.layer.css'
import { DateTimePicker } from '@mantine/dates'
import { useTranslation } from 'react-i18next'
import { instantOf } from '../i18n/time'
import { useDesk } from '../session/desk'

/** Picks a moment in the station's wall time, 24 hours. The value is that wall time: "2026-11-22 05:47:00". */
export function MomentInput(props: {
  label: string
  value: string | undefined
  onChange: (wall: string | undefined) => void
}) {
  const { t } = useTranslation()
  return (
    <DateTimePicker
      aria-label={props.label}
      placeholder={props.label}
      clearable
      size="sm"
      w={176}
      valueFormat="D MMM YYYY HH:mm"
      timePickerProps={{ format: '24h', 'aria-label': props.label }}
      weekendDays={[]}
      // Within a dialog whatever is drawn outside of it can be seen and not used.
      popoverProps={{ withinPortal: false, floatingStrategy: 'fixed' }}
      ariaLabels={{
        previousMonth: t('shell.previous_month'),
        nextMonth: t('shell.next_month'),
        previousYear: t('shell.previous_year'),
        nextYear: t('shell.next_year'),
        previousDecade: t('shell.previous_decade'),
        nextDecade: t('shell.next_decade'),
        monthLevelControl: t('shell.month_level'),
        yearLevelControl: t('shell.year_level'),
      }}
      clearButtonProps={{ 'aria-label': t('shell.clear') }}
      submitButtonProps={{ 'aria-label': t('shell.done') }}
      value={props.value ?? null}
      onChange={(value) => props.onChange(value ?? undefined)}
    />
  )
}

/** Wall time of the desk as an instant for the console; undefined where there is none. */
export function useInstant(): (wall: string | undefined) => string | undefined {
  const { zone } = useDesk()
  return (wall) => (wall ? instantOf(wall, zone) || undefined : undefined)
}
