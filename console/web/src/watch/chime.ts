// Three rising tones, unlike any alarm's, for a desk that is asked whether
// anybody is there. No file: the tones are made.
let context: AudioContext | undefined

export function chime(): void {
  try {
    context ??= new AudioContext()
    if (context.state === 'suspended') void context.resume().catch(() => undefined)
    const begin = context.currentTime + 0.02
    for (const [i, pitch] of [440, 554, 659].entries()) {
      const tone = context.createOscillator()
      const level = context.createGain()
      tone.frequency.value = pitch
      level.gain.setValueAtTime(0, begin + i * 0.22)
      level.gain.linearRampToValueAtTime(0.3, begin + i * 0.22 + 0.02)
      level.gain.linearRampToValueAtTime(0, begin + i * 0.22 + 0.2)
      tone.connect(level).connect(context.destination)
      tone.start(begin + i * 0.22)
      tone.stop(begin + i * 0.22 + 0.22)
    }
  } catch {
    // No sound on this machine; the prompt is on the screen all the same.
  }
}
