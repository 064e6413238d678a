/**
 * What to say about forms that the subset does not have.
 */
import type TS from 'typescript';
import type { HELP } from './codes.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;
type Told = [code: keyof typeof HELP, message: string];

const FORMS: Partial<Record<TS.SyntaxKind, Told>> = {
  [K.ArrowFunction]: ['RVX1004', 'closures are not allowed in kernel code'],
  [K.FunctionExpression]: ['RVX1004', 'closures are not allowed in kernel code'],
  [K.FunctionDeclaration]: ['RVX1004', 'closures are not allowed in kernel code'],
  [K.ClassDeclaration]: ['RVX1005', 'classes are not allowed in kernel code'],
  [K.ClassExpression]: ['RVX1005', 'classes are not allowed in kernel code'],
  [K.NewExpression]: ['RVX1005', '`new` is not allowed in kernel code'],
  [K.ThisKeyword]: ['RVX1005', '`this` is not allowed in kernel code'],
  [K.ObjectLiteralExpression]: ['RVX1006', 'objects are not allowed in kernel code'],
  [K.PropertyAccessExpression]: ['RVX1006', 'objects and their properties are not allowed in kernel code'],
  [K.ArrayLiteralExpression]: ['RVX1007', 'arrays are not allowed in kernel code'],
  [K.ElementAccessExpression]: ['RVX1007', 'arrays are not allowed in kernel code'],
  [K.StringLiteral]: ['RVX1008', 'strings are not allowed in kernel code'],
  [K.NoSubstitutionTemplateLiteral]: ['RVX1008', 'strings are not allowed in kernel code'],
  [K.TemplateExpression]: ['RVX1008', 'strings are not allowed in kernel code'],
  [K.RegularExpressionLiteral]: ['RVX1008', 'regular expressions are not allowed in kernel code'],
  [K.TryStatement]: ['RVX1009', 'exceptions are not allowed in kernel code'],
  [K.ThrowStatement]: ['RVX1009', 'exceptions are not allowed in kernel code'],
  [K.EnumDeclaration]: ['RVX1010', 'enums are not allowed in kernel code'],
  [K.ModuleDeclaration]: ['RVX1010', 'namespaces are not allowed in kernel code'],
  [K.PostfixUnaryExpression]: ['RVX1015', '`++` and `--` do not wrap at 32 bits in JavaScript'],
  [K.AsExpression]: ['RVX1018', 'casts are not allowed in kernel code'],
  [K.TypeAssertionExpression]: ['RVX1018', 'casts are not allowed in kernel code'],
  [K.SatisfiesExpression]: ['RVX1018', '`satisfies` is not allowed in kernel code'],
  [K.NonNullExpression]: ['RVX1018', '`!` after a value is not allowed in kernel code'],
  [K.TaggedTemplateExpression]: ['RVX1021', 'C fragments are not allowed outside machine modules'],
};

/** The error for a node that lowering has no rule for. */
export const describeForm = (node: TS.Node): Told => {
  const known = FORMS[node.kind];
  if (known) {
    const isMath = ts.isPropertyAccessExpression(node) && node.expression.getText() === 'Math';
    return isMath ? ['RVX1023', `\`${node.getText()}\` does not exist in kernel code`] : known;
  }
  const text = node.getText().split('\n')[0]!;
  return ts.isStatement(node)
    ? ['RVX1022', `\`${text.split(/\W/)[0]}\` is not a statement of the subset`]
    : ['RVX1020', `\`${text}\` is not an expression of the subset`];
};
