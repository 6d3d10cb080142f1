# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DINPUT=pgque.sql -DOUTPUT=pgquesql.cpp -DFUNCTION=pgqueSql -P embed.cmake
# Writes the bytes of INPUT as an array: a string literal of this length is beyond what some compilers take.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" lines "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${lines}")
file(WRITE "${OUTPUT}"
    "// SPDX-License-Identifier: GPL-3.0-or-later\n"
    "#include \"schema/script.h\"\n\n"
    "namespace {\n\nconst unsigned char bytes[] = {\n${bytes}0x00};\n\n} // namespace\n\n"
    "std::string_view schema::${FUNCTION}() {\n"
    "    return {reinterpret_cast<const char*>(bytes), sizeof bytes - 1};\n}\n")
