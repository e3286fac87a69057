// The mark of Guardroom.
export function Shield({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" style={{ flex: 'none' }}>
      <path
        d="M12 3a12 12 0 0 0 8.500 3 12 12 0 0 1-8.500 15A12 12 0 0 1 3.500 6 12 12 0 0 0 12 3z"
        fill="none"
        stroke="var(--accent)"
        strokeWidth={2}
        strokeLinejoin="round"
      />
      <path d="M12 3.500v17A12 12 0 0 0 20 6.500 12 12 0 0 1 12 3.500z" fill="var(--accent)" />
    </svg>
  )
}
