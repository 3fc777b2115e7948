/** What the machine's owner does not allow, in words for whoever asked. */
export class PolicyRefusal extends Error {
  override readonly name = "PolicyRefusal";
  /** The member of the policy file that says so, as `remote.exec`. */
  readonly policy: string;

  constructor(policy: string, what: string) {
    super(`This machine ${what}: ${policy} in its policy.yaml does not allow it.`);
    this.policy = policy;
  }
}
