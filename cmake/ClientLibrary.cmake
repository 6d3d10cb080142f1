# SPDX-License-Identifier: GPL-3.0-or-later
# The installed client library: the Qt-free floors together, shared and static from the same object files, with their
# public headers. The console itself links the floors.
include(CMakePackageConfigHelpers)

set(client_floors pg pgque workqueue)
set(client_headers
    pg/connection.h pg/connectioninfo.h pg/error.h pg/export.h pg/result.h pg/statement.h pg/time.h pg/traffic.h
    pgque/administration.h pgque/backoff.h pgque/batch.h pgque/calls.h pgque/client.h pgque/consumer.h
    pgque/consuming.h pgque/cooperative.h pgque/deadletters.h pgque/error.h pgque/message.h pgque/producing.h
    pgque/transaction.h pgque/workerpool.h
    workqueue/calls.h workqueue/message.h workqueue/worker.h)
list(TRANSFORM client_headers PREPEND "${PROJECT_SOURCE_DIR}/src/")
set(client_include_dir "${CMAKE_INSTALL_INCLUDEDIR}/pgque-1")

set(client_objects "")
foreach(floor IN LISTS client_floors)
    set_target_properties(${floor} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    list(APPEND client_objects "$<TARGET_OBJECTS:${floor}>")
endforeach()

function(client_library target)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME pgque EXPORT_NAME "${ARGV1}" LINKER_LANGUAGE CXX
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    add_library(pgque::${ARGV1} ALIAS ${target})
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_link_libraries(${target} PUBLIC Threads::Threads PRIVATE $<BUILD_INTERFACE:project_rules>)
endfunction()

add_library(pgque_shared SHARED ${client_objects})
client_library(pgque_shared pgque)
# The number changes when programs built against an older one would break.
set_target_properties(pgque_shared PROPERTIES SOVERSION 1 WINDOWS_EXPORT_ALL_SYMBOLS ON)
target_link_libraries(pgque_shared PRIVATE PostgreSQL::PostgreSQL)

add_library(pgque_static STATIC ${client_objects})
client_library(pgque_static pgque_static)
if(MSVC)
    set_target_properties(pgque_static PROPERTIES OUTPUT_NAME pgque_static) # pgque.lib is the shared one's
endif()
target_link_libraries(pgque_static PUBLIC PostgreSQL::PostgreSQL)

# Two export files, so that using the shared library does not need libpq's development files.
set(client_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pgque")
foreach(kind IN ITEMS shared static)
    target_sources(pgque_${kind} INTERFACE FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" FILES ${client_headers})
    install(TARGETS pgque_${kind} EXPORT pgque-${kind}
        RUNTIME COMPONENT client
        LIBRARY COMPONENT client NAMELINK_COMPONENT client-dev
        ARCHIVE COMPONENT client-dev
        FILE_SET HEADERS DESTINATION "${client_include_dir}" COMPONENT client-dev)
    install(EXPORT pgque-${kind} NAMESPACE pgque:: DESTINATION "${client_config_dir}" COMPONENT client-dev)
endforeach()
configure_package_config_file(cmake/pgque-config.cmake.in "${PROJECT_BINARY_DIR}/pgque-config.cmake"
    INSTALL_DESTINATION "${client_config_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pgque-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pgque-config.cmake" "${PROJECT_BINARY_DIR}/pgque-config-version.cmake"
    DESTINATION "${client_config_dir}" COMPONENT client-dev)

file(RELATIVE_PATH client_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(cmake/pgque.pc.in "${PROJECT_BINARY_DIR}/pgque.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pgque.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT client-dev)

# The reference made from the headers; not part of the default build.
find_package(Doxygen QUIET)
set_package_properties(Doxygen PROPERTIES TYPE OPTIONAL PURPOSE "the client library's reference, made from its headers")
if(DOXYGEN_FOUND)
    set(DOXYGEN_PROJECT_NAME "libpgque")
    set(DOXYGEN_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/reference")
    set(DOXYGEN_STRIP_FROM_PATH "${PROJECT_SOURCE_DIR}/src")
    set(DOXYGEN_EXTRACT_ALL YES)
    set(DOXYGEN_MACRO_EXPANSION YES)
    set(DOXYGEN_PREDEFINED "PGQUE_EXPORT=" "PGQUE_LOCAL=")
    set(DOXYGEN_USE_MDFILE_AS_MAINPAGE "${PROJECT_SOURCE_DIR}/docs/client.md")
    set(DOXYGEN_QUIET YES)
    doxygen_add_docs(client_reference ${client_headers} "${PROJECT_SOURCE_DIR}/docs/client.md"
        "${PROJECT_SOURCE_DIR}/docs/client-parity.md" COMMENT "Making the client library's reference")
endif()
