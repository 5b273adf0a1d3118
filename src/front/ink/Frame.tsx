import { Box, Text } from 'ink'
import { plainText } from '../../process/plain-text.ts'
import type { Glyphs } from '../words/glyphs.ts'
import { type Line, paint, span } from '../words/line.ts'
import { cutLine } from '../words/width.ts'
import { wrapText } from '../words/wrap.ts'
import { fitParts, type Part } from './fit.ts'
import { useStage } from './stage.ts'

/** All that is alive on the terminal: never higher or wider than it may be. */
export function Frame({ parts }: { parts: readonly Part[] }) {
  const { columns, rows, width, height, tooSmall, glyphs, colour } = useStage()
  const lines = tooSmall ? tooSmallLines(columns, rows, width) : fitParts(parts, height)
  const drawn = lines.slice(0, height).map(line => paint(drawable(line, width, glyphs), colour))
  return (
    <Box flexDirection="column">
      {drawn.map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <Text key={index} wrap="truncate-end">
          {text === '' ? ' ' : text}
        </Text>
      ))}
    </Box>
  )
}

function tooSmallLines(columns: number, rows: number, width: number): Line[] {
  return wrapText(
    `The terminal is ${columns}x${rows}; 40x10 is needed. Make it larger, or use --plain.`,
    width,
  )
}

/** A line as it may be drawn: no control characters, no wider than `width`, in ASCII where needed. */
export function drawable(line: Line, width: number, glyphs: Glyphs): Line {
  return cutLine(
    line.map(({ text, tone }) => span(glyphs.text(withoutControls(text)), tone)),
    width,
    glyphs.rest,
  )
}

// whatever comes from outside was stripped before; a frame must not depend on it
function withoutControls(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : plainText(text).replace(/\s/g, ' ')
}
