/* lint/syntax.h - the syntax tree of one Python file, flat.
 *
 * tree-sitter's tree is copied once, in preorder, into an array: a node's first child is the node
 * behind it, its subtree ends where `after` says. Everything else of the linter reads this array
 * and never recurses, so that nesting without end costs memory, not the stack.
 *
 * What is kept: named nodes, and of the others those that stand in a field (operators) and `async`.
 * Comments are kept apart. Statements that could not be parsed are left out and counted. Node 0 is
 * the module; as an answer, 0 means "none". */
#ifndef HF_LINT_SYNTAX_H
#define HF_LINT_SYNTAX_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/strtab.h"
#include "lint/arena.h"

/* The grammar's nodes that rules ask about: our name, the grammar's. */
#define HF_SYNTAX_KINDS(X)                                  \
    X(MODULE, "module")                                     \
    X(BLOCK, "block")                                       \
    X(COMMENT, "comment")                                   \
    X(IDENTIFIER, "identifier")                             \
    X(ATTRIBUTE, "attribute")                               \
    X(SUBSCRIPT, "subscript")                               \
    X(SLICE, "slice")                                       \
    X(CALL, "call")                                         \
    X(ARGUMENTS, "argument_list")                           \
    X(KEYWORD_ARGUMENT, "keyword_argument")                 \
    X(LIST_SPLAT, "list_splat")                             \
    X(DICTIONARY_SPLAT, "dictionary_splat")                 \
    X(STRING, "string")                                     \
    X(STRING_CONTENT, "string_content")                     \
    X(INTERPOLATION, "interpolation")                       \
    X(CONCATENATED_STRING, "concatenated_string")           \
    X(INTEGER, "integer")                                   \
    X(FLOAT, "float")                                       \
    X(TRUE, "true")                                         \
    X(FALSE, "false")                                       \
    X(NONE, "none")                                         \
    X(LIST, "list")                                         \
    X(DICTIONARY, "dictionary")                             \
    X(PAIR, "pair")                                         \
    X(SET, "set")                                           \
    X(TUPLE, "tuple")                                       \
    X(EXPRESSION_LIST, "expression_list")                   \
    X(PARENTHESES, "parenthesized_expression")              \
    X(LIST_COMPREHENSION, "list_comprehension")             \
    X(DICTIONARY_COMPREHENSION, "dictionary_comprehension") \
    X(SET_COMPREHENSION, "set_comprehension")               \
    X(GENERATOR, "generator_expression")                    \
    X(FOR_IN_CLAUSE, "for_in_clause")                       \
    X(LAMBDA, "lambda")                                     \
    X(LAMBDA_PARAMETERS, "lambda_parameters")               \
    X(CONDITIONAL, "conditional_expression")                \
    X(BOOLEAN_OPERATOR, "boolean_operator")                 \
    X(NOT_OPERATOR, "not_operator")                         \
    X(COMPARISON, "comparison_operator")                    \
    X(BINARY_OPERATOR, "binary_operator")                   \
    X(UNARY_OPERATOR, "unary_operator")                     \
    X(AWAIT, "await")                                       \
    X(YIELD, "yield")                                       \
    X(NAMED_EXPRESSION, "named_expression")                 \
    X(AS_PATTERN, "as_pattern")                             \
    X(AS_PATTERN_TARGET, "as_pattern_target")               \
    X(PATTERN_LIST, "pattern_list")                         \
    X(TUPLE_PATTERN, "tuple_pattern")                       \
    X(LIST_PATTERN, "list_pattern")                         \
    X(LIST_SPLAT_PATTERN, "list_splat_pattern")             \
    X(DICTIONARY_SPLAT_PATTERN, "dictionary_splat_pattern") \
    X(TYPE, "type")                                         \
    X(EXPRESSION_STATEMENT, "expression_statement")         \
    X(ASSIGNMENT, "assignment")                             \
    X(AUGMENTED_ASSIGNMENT, "augmented_assignment")         \
    X(RETURN, "return_statement")                           \
    X(RAISE, "raise_statement")                             \
    X(DELETE, "delete_statement")                           \
    X(PASS, "pass_statement")                               \
    X(BREAK, "break_statement")                             \
    X(CONTINUE, "continue_statement")                       \
    X(ASSERT, "assert_statement")                           \
    X(GLOBAL, "global_statement")                           \
    X(NONLOCAL, "nonlocal_statement")                       \
    X(PRINT, "print_statement")                             \
    X(EXEC, "exec_statement")                               \
    X(TYPE_ALIAS, "type_alias_statement")                   \
    X(IMPORT, "import_statement")                           \
    X(IMPORT_FROM, "import_from_statement")                 \
    X(FUTURE_IMPORT, "future_import_statement")             \
    X(DOTTED_NAME, "dotted_name")                           \
    X(ALIASED_IMPORT, "aliased_import")                     \
    X(RELATIVE_IMPORT, "relative_import")                   \
    X(IMPORT_PREFIX, "import_prefix")                       \
    X(WILDCARD_IMPORT, "wildcard_import")                   \
    X(IF, "if_statement")                                   \
    X(ELIF, "elif_clause")                                  \
    X(ELSE, "else_clause")                                  \
    X(FOR, "for_statement")                                 \
    X(WHILE, "while_statement")                             \
    X(TRY, "try_statement")                                 \
    X(EXCEPT, "except_clause")                              \
    X(EXCEPT_GROUP, "except_group_clause")                  \
    X(FINALLY, "finally_clause")                            \
    X(WITH, "with_statement")                               \
    X(WITH_CLAUSE, "with_clause")                           \
    X(WITH_ITEM, "with_item")                               \
    X(MATCH, "match_statement")                             \
    X(CASE, "case_clause")                                  \
    X(CASE_PATTERN, "case_pattern")                         \
    X(FUNCTION, "function_definition")                      \
    X(PARAMETERS, "parameters")                             \
    X(DEFAULT_PARAMETER, "default_parameter")               \
    X(TYPED_PARAMETER, "typed_parameter")                   \
    X(TYPED_DEFAULT_PARAMETER, "typed_default_parameter")   \
    X(CLASS, "class_definition")                            \
    X(DECORATED, "decorated_definition")                    \
    X(DECORATOR, "decorator")                               \
    X(ASYNC, "async")

typedef enum hf_kind {
    HF_KIND_OTHER,
#define X(name, text) HF_KIND_##name,
    HF_SYNTAX_KINDS(X)
#undef X
        HF_KIND_COUNT
} hf_kind;

#define HF_SYNTAX_FIELDS(X)         \
    X(ALIAS, "alias")               \
    X(ALTERNATIVE, "alternative")   \
    X(ARGUMENTS, "arguments")       \
    X(ATTRIBUTE, "attribute")       \
    X(BODY, "body")                 \
    X(CAUSE, "cause")               \
    X(CONDITION, "condition")       \
    X(CONSEQUENCE, "consequence")   \
    X(DEFINITION, "definition")     \
    X(FUNCTION, "function")         \
    X(KEY, "key")                   \
    X(LEFT, "left")                 \
    X(MODULE_NAME, "module_name")   \
    X(NAME, "name")                 \
    X(OBJECT, "object")             \
    X(OPERATOR, "operator")         \
    X(OPERATORS, "operators")       \
    X(PARAMETERS, "parameters")     \
    X(RETURN_TYPE, "return_type")   \
    X(RIGHT, "right")               \
    X(SUBJECT, "subject")           \
    X(SUBSCRIPT, "subscript")       \
    X(SUPERCLASSES, "superclasses") \
    X(TYPE, "type")                 \
    X(VALUE, "value")

typedef enum hf_field {
    HF_FIELD_NONE,
#define X(name, text) HF_FIELD_##name,
    HF_SYNTAX_FIELDS(X)
#undef X
        HF_FIELD_COUNT
} hf_field;

typedef struct hf_node {
    uint32_t start, end; /* bytes of the text */
    uint32_t parent;
    uint32_t after; /* the first node behind its subtree */
    uint32_t name;  /* identifiers: number in `names`; else HF_STR_NONE */
    uint8_t kind, field;
} hf_node;

typedef struct hf_span {
    uint32_t start, end;
} hf_span;

typedef struct hf_syntax {
    const char *text; /* UTF-8; belongs to the caller */
    uint32_t length;
    hf_node *nodes;
    uint32_t count, capacity;
    hf_span *comments;
    uint32_t comment_count, comment_capacity;
    uint32_t *lines; /* where each line starts */
    uint32_t line_count, line_capacity;
    hf_strtab names;
    hf_span *damage; /* of each statement that was left out */
    uint32_t damage_capacity;
    uint32_t damaged;      /* statements left out */
    uint32_t damaged_line; /* of the first, from 1 */
    uint32_t *path;        /* scratch of the copy: the open nodes */
    uint32_t path_capacity;
} hf_syntax;

/* A parser may be used for one file after the other by one thread; it keeps its memory. */
typedef struct hf_syntax_parser hf_syntax_parser;

hf_err *hf_syntax_parser_new(hf_syntax_parser **ret);
void hf_syntax_parser_free(hf_syntax_parser *parser);
HF_RELEASE_BY(hf_syntax_parser, hf_syntax_parser_free)

bool hf_syntax_init(hf_syntax *s);
void hf_syntax_deinit(hf_syntax *s);

/* Parses `text` into *s, whose memory is used again; texts of 4 GB and more are HF_ERR_USAGE. Stops
 * with HF_ERR_INTERRUPTED after `seconds` (0: never). Any bytes are accepted. */
hf_err *hf_syntax_parse(hf_syntax_parser *parser, const char *text, size_t length, double seconds,
                        hf_syntax *s);

/* The parse alone, for measuring what it costs; the tree is thrown away. */
void hf_syntax_parse_only(hf_syntax_parser *parser, const char *text, size_t length);

static inline hf_kind hf_kind_of(const hf_syntax *s, uint32_t node)
{
    return (hf_kind)s->nodes[node].kind;
}

static inline hf_field hf_field_of(const hf_syntax *s, uint32_t node)
{
    return (hf_field)s->nodes[node].field;
}

static inline uint32_t hf_parent(const hf_syntax *s, uint32_t node)
{
    return s->nodes[node].parent;
}

static inline uint32_t hf_first_child(const hf_syntax *s, uint32_t node)
{
    return s->nodes[node].after > node + 1 ? node + 1 : 0;
}

static inline uint32_t hf_next_sibling(const hf_syntax *s, uint32_t node)
{
    uint32_t after = s->nodes[node].after;
    return node && after < s->nodes[s->nodes[node].parent].after ? after : 0;
}

/* Whether `node` is `outer` or inside it. */
static inline bool hf_is_inside(const hf_syntax *s, uint32_t node, uint32_t outer)
{
    return node >= outer && node < s->nodes[outer].after;
}

/* The first child in a field, or 0. */
uint32_t hf_child(const hf_syntax *s, uint32_t node, hf_field field);

/* The first child of a kind, or 0. */
uint32_t hf_child_kind(const hf_syntax *s, uint32_t node, hf_kind kind);

/* The n-th child, from 0, or 0. */
uint32_t hf_child_at(const hf_syntax *s, uint32_t node, uint32_t n);

/* The expression inside parentheses, however many. */
uint32_t hf_unwrapped(const hf_syntax *s, uint32_t node);

/* The nearest node of a kind around `node`, or 0. Looks at most HF_CLIMB_MAX levels up. */
enum { HF_CLIMB_MAX = 500 };
uint32_t hf_enclosing(const hf_syntax *s, uint32_t node, hf_kind kind);

/* Line from 1 and column from 1 (in characters) of a byte. */
uint32_t hf_line_of(const hf_syntax *s, uint32_t offset);
uint32_t hf_column_of(const hf_syntax *s, uint32_t offset);

/* Whether the text of a node is exactly this. */
bool hf_text_is(const hf_syntax *s, uint32_t node, const char *text);

/* Whether a word stands in what could not be parsed. */
bool hf_damage_mentions(const hf_syntax *s, const char *word, size_t length);

/* The name of an identifier; "" of other nodes. */
const char *hf_identifier_text(const hf_syntax *s, uint32_t node);

#endif
