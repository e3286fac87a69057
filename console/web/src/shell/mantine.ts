// How the component library draws: with our names.
import { type CSSVariablesResolver, createTheme } from '@mantine/core'

/** The component library draws with our names. */
export const mantineTheme = createTheme({
  fontFamily: 'var(--font)',
  defaultRadius: 6,
  cursorType: 'pointer',
  colors: {
    // Text, second text, captions, strong line, line of controls, control, field, panel, canvas, below.
    dark: [
      '#dce2e8',
      '#a9b4bf',
      '#8793a0',
      '#667382',
      '#3a4550',
      '#27303a',
      '#0f1317',
      '#161b21',
      '#0f1317',
      '#0b0e11',
    ],
  },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '15px', xl: '17px' },
})

export const mantineVariables: CSSVariablesResolver = () => {
  const variables = {
    '--mantine-color-body': 'var(--bg-1)',
    '--mantine-color-text': 'var(--t1)',
    '--mantine-color-dimmed': 'var(--t2)',
    '--mantine-color-placeholder': 'var(--t3)',
    '--mantine-color-error': 'var(--danger-text)',
    '--mantine-color-default': 'var(--bg-0)',
    '--mantine-color-default-hover': 'var(--bg-2)',
    '--mantine-color-default-color': 'var(--t1)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-disabled': 'var(--bg-2)',
    '--mantine-color-disabled-color': 'var(--t3)',
    '--mantine-color-disabled-border': 'var(--line)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-primary-color-filled': 'var(--accent)',
    '--mantine-primary-color-filled-hover': 'var(--accent)',
    '--mantine-primary-color-light': 'var(--accent-bg)',
    '--mantine-primary-color-light-hover': 'var(--accent-bg)',
    '--mantine-primary-color-light-color': 'var(--accent)',
    '--mantine-primary-color-contrast': 'var(--accent-ink)',
    '--mantine-color-white': 'var(--accent-ink)',
  }
  return { variables: {}, dark: variables, light: variables }
}
