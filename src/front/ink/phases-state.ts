import { type Phase, phases } from '../../plan/plan.ts'
import type { RunState } from './run-state.ts'

/** Where a phase stands. */
export interface PhaseState {
  phase: Phase
  name: string
  state: 'done' | 'failed' | 'runs' | 'next'
  /** The step that runs, counted from 1. */
  at: number
  steps: number
}

const names: Readonly<Partial<Record<Phase, string>>> = { dns: 'DNS' }

export function phaseName(phase: Phase): string {
  return names[phase] ?? `${phase.slice(0, 1).toUpperCase()}${phase.slice(1)}`
}

/** The phases that this plan has, in order. */
export function phaseStates({ plan, ended, current, finished }: RunState): PhaseState[] {
  return phases.flatMap((phase): PhaseState[] => {
    const steps = plan.steps.filter(each => each.phase === phase)
    if (steps.length === 0) return []
    const over = steps.filter(({ id }) => ended[id] !== undefined && ended[id] !== 'failed')
    const failed = steps.some(({ id }) => ended[id] === 'failed')
    const runs = current?.phase === phase && !finished
    const state = failed
      ? 'failed'
      : over.length === steps.length
        ? 'done'
        : runs || over.length > 0
          ? 'runs'
          : 'next'
    const at = Math.min(steps.length, over.length + 1)
    return [{ phase, name: phaseName(phase), state, at, steps: steps.length }]
  })
}

/** Share of the steps that are over, in percent. */
export function percentOf({ plan, ended }: RunState): number {
  const over = plan.steps.filter(({ id }) => ended[id] !== undefined).length
  return plan.steps.length === 0 ? 0 : (over / plan.steps.length) * 100
}
