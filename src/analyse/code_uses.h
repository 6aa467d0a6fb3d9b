/* analyse/code_uses.h - which code adds to a holder, as far as the names that code uses tell. */
#ifndef HF_ANALYSE_CODE_USES_H
#define HF_ANALYSE_CODE_USES_H

#include "analyse/clues.h"

/* Code of the standard library and of installed packages only does what it is told. */
bool hf_code_is_users(hf_graph *g, uint32_t code);

/* Whether it is of a file of the standard library or of an installed package; neither is what was
 * made from a text while the program runs ("<string>"). */
bool hf_code_is_installed(hf_graph *g, uint32_t code);

/* Whether it stands for compiled code of Cython. It names the source file, as a rule below
 * the directory in which the extension was built: whether that is installed or the user's
 * own is not known by it. */
bool hf_code_is_compiled(hf_graph *g, uint32_t code);

/* Whether code uses this name: of a global, an attribute or a method. */
bool hf_code_names(hf_graph *g, uint32_t code, const char *name);

/* All return a code object, or HF_NO_OBJECT where no code fits. */

/* The user's code that uses the holder's name and looks most as if it added to it. The clues keep
 * it: who says why a thing grows, what is to be done and where asks each time. */
uint32_t hf_code_adder(hf_clues *c);

/* Of a dict of a class of the user's: its __missing__(), which is called for each key that is asked
 * for and not there (https://docs.python.org/3/library/stdtypes.html#dict). */
uint32_t hf_code_of_missing(const hf_clues *c);

/* The same for the names further up the path, as far as they are attributes of the user's
 * objects: for what a library keeps in a list of its own. Only code that adds something
 * or makes a member. */
uint32_t hf_code_adder_above(const hf_clues *c);

/* The user's code that uses the global variable of a module of the user's from which the path
 * starts, and adds something or makes a member. */
uint32_t hf_code_user_of_root(const hf_clues *c);

/* Where the path goes through a value of a context variable: the one function of the user's that
 * sets that and resets nothing. */
uint32_t hf_code_setter(const hf_clues *c);

/* The user's function that names the class of the members. */
uint32_t hf_code_maker(const hf_clues *c);

/* Code of the module that made the holder's type (or is the holder) that adds to it and never
 * removes. */
uint32_t hf_code_library_adder(const hf_clues *c);

#endif
