import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { ROOT } from './workplace.ts'

const ENTRIES = ['src/index.ts', 'src/agents.ts', 'src/testing.ts']

/** Parsed alone: a type checker over the whole takes half a minute. */
function sourceOf(path: string): ts.SourceFile {
  const known = parsed.get(path)
  if (known !== undefined) return known
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true)
  parsed.set(path, source)
  return source
}

const parsed = new Map<string, ts.SourceFile>()

/** What an entry exports from other files, as [file, name there]. */
function exportsOf(entry: string): readonly (readonly [file: string, name: string])[] {
  const path = join(ROOT, entry)
  return sourceOf(path).statements.flatMap(statement => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return []
    const clause = statement.exportClause
    if (clause === undefined || !ts.isNamedExports(clause)) throw new Error(`${entry} exports all of a file`)
    const file = resolve(dirname(path), (statement.moduleSpecifier as ts.StringLiteral).text)
    return clause.elements.map(({ propertyName, name }) => [file, (propertyName ?? name).text] as const)
  })
}

/** The declaration of a name, followed through files that hand it on. */
function declarationOf(file: string, name: string): ts.Node | undefined {
  const source = sourceOf(file)
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      if (statement.declarationList.declarations.some(one => one.name.getText() === name)) return statement
    } else if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause
      const element =
        clause !== undefined && ts.isNamedExports(clause)
          ? clause.elements.find(one => one.name.text === name)
          : undefined
      if (element === undefined) continue
      const from = statement.moduleSpecifier as ts.StringLiteral | undefined
      const next = from === undefined ? file : resolve(dirname(file), from.text)
      return declarationOf(next, (element.propertyName ?? element.name).text)
    } else if (
      (ts.isFunctionDeclaration(statement) ||
        ts.isClassDeclaration(statement) ||
        ts.isInterfaceDeclaration(statement) ||
        ts.isTypeAliasDeclaration(statement)) &&
      statement.name?.text === name
    )
      return statement
  }
  return undefined
}

test.each(ENTRIES)('everything that %s exports says what it is', entry => {
  const silent = exportsOf(entry).flatMap(([file, name]) => {
    const declaration = declarationOf(file, name)
    const documented = declaration !== undefined && ts.getJSDocCommentsAndTags(declaration).length > 0
    return documented ? [] : [`${relative(ROOT, file)}: ${name}`]
  })
  expect(silent).toEqual([])
})
