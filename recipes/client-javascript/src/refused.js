// The server's answer to a request that it does not accept: a status and a sentence that says what to change.
export class Refused extends Error {
  constructor(status, sentence) {
    super(`${status} ${sentence}`);
    this.name = "Refused";
  }
}
