import { WireNode } from '../wire-node.ts';
import type { FailPoint } from './fail-point.ts';

/** One member of the set. */
export class SetNode extends WireNode {
  failPoint: FailPoint | undefined;
  /** On the monotonic clock: until then it stands for no election. */
  frozenUntil = 0;

  /** The fail point that acts on this command now, if any; asking counts. */
  failPointFor(command: string, appName: string | undefined): FailPoint | undefined {
    return this.failPoint?.applies(command, appName) === true ? this.failPoint : undefined;
  }

  /** What is set by a command is gone with the process. */
  override async stop(): Promise<void> {
    this.failPoint = undefined;
    await super.stop();
  }
}
