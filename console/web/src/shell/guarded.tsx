import { Component, type ReactNode, Suspense } from 'react'
import { Broken } from './states'

/**
 * A part of the screen that may fail without taking the rest with it: it says
 * that it failed and is drawn again after a while, and the alarm list beside it stays.
 */
export class Guarded extends Component<{ children: ReactNode; waiting?: ReactNode }, { fault: unknown }> {
  override state: { fault: unknown } = { fault: null }

  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault: fault ?? 'unknown' }
  }

  override render(): ReactNode {
    if (this.state.fault !== null)
      return <Broken error={this.state.fault} reset={() => this.setState({ fault: null })} />
    return <Suspense fallback={this.props.waiting ?? null}>{this.props.children}</Suspense>
  }
}
