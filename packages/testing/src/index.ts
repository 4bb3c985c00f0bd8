export { VirtualClock } from './virtual-clock.ts';
export { eventLoopTurn, promisesTurn, type Turn } from './turns.ts';
export { seededRandom } from './random.ts';
export type { Behaviour, FactoryScript, Step } from './script.ts';
export { ScriptedFactory, type ScriptedConnection } from './scripted-factory.ts';
export { brokenLaws, brokenLawsAtTheEnd, type Measured } from './laws.ts';

// the simulator
export { replay, simulate, type SimulateOptions, type SimulationReport } from './simulation/simulate.ts';
export { SimulationError } from './simulation/simulation-error.ts';
export type { MakePool, MakeSubject, PlainConnection, Subject } from './simulation/subject.ts';
export { planOf, type Plan, type Traits } from './simulation/plan.ts';
export type { Outcome } from './simulation/live.ts';
export type { Act, Action, Happening } from './simulation/action.ts';
