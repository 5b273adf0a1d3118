import type { Explanation } from '../../plan/plan.ts'

/** What sky says where the API server does not let it in. */
export const accessProblems: readonly Explanation[] = [
  {
    when: { regex: 'sky api login|[Nn]ot authenticated|\\b401\\b|needs_auth' },
    id: 'tool.sky.login',
    exit: 77,
    title: 'The API server of SkyPilot wants a login.',
    why: 'Services can be read and changed only after it.',
    fix: 'Type: sky api login',
  },
  {
    when: { regex: '\\b403\\b|[Ff]orbidden|[Pp]ermission denied' },
    id: 'tool.sky.forbidden',
    exit: 77,
    title: 'The API server of SkyPilot refuses this user.',
    why: 'Services can be read and changed only by those whom it allows.',
    fix: 'Ask its administrator for access, or log in as somebody else: sky api login --relogin',
  },
]
