/** What each exit code means to a script. One table for the code, `--help` and the README. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  data: 65,
  unavailable: 69,
  bug: 70,
  cannotWrite: 73,
  later: 75,
  noPermission: 77,
  waited: 124,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitMeanings: readonly (readonly [ExitCode, string])[] = [
  [0, 'done, or nothing to do'],
  [1, 'a check or proof failed, rolled back, or an endpoint is not as wanted'],
  [2, 'usage, an answer is missing, or no agreement'],
  [65, 'bad answers or certificate, or no such service'],
  [69, 'a tool or service is missing, too old, or answers rubbish'],
  [70, 'a bug of secure-endpoint'],
  [73, 'cannot write'],
  [75, 'try again later: locked, throttled, in progress, or left while waiting'],
  [77, 'not logged in or not permitted'],
  [124, 'waited too long'],
  [130, 'interrupted (Ctrl-C)'],
  [143, 'terminated'],
]
