export { VirtualClock } from './virtual-clock.ts';
export { seededRandom } from './random.ts';
export {
  ScriptedFactory,
  type Behaviour,
  type FactoryScript,
  type ScriptedConnection,
} from './scripted-factory.ts';
