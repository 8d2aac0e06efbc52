# The tests: one cmocka binary a folder, fuzzers, long runs, benchmarks, examples. Included by
# CMakeLists.txt. scripts/run-tests runs what tests.txt, written here, lists.

pkg_check_modules(TESTING REQUIRED IMPORTED_TARGET cmocka json-c libseccomp)

add_library(testing INTERFACE)
target_include_directories(testing INTERFACE src include tests apps ${CMAKE_SOURCE_DIR})
target_compile_definitions(testing INTERFACE
    REIN_BINARY="${CMAKE_BINARY_DIR}/rein" REIN_SOURCE="${CMAKE_SOURCE_DIR}")
target_link_libraries(testing INTERFACE $<TARGET_NAME_IF_EXISTS:apps> core PkgConfig::TESTING
    PkgConfig::MD4C)

add_custom_target(tests) # all that `make test` runs
set(test_list "")

# A program for tests in `folder` of the build.
function(test_program name folder output)
    add_executable(${name} EXCLUDE_FROM_ALL ${ARGN})
    target_link_libraries(${name} PRIVATE $<TARGET_NAME_IF_EXISTS:test_helpers> testing)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${output}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${folder})
endfunction()

# A folder of tests/ without a *_test.c holds helpers: its sources are linked with every test.
sources(test_sources tests/*/*.c)
list(FILTER test_sources EXCLUDE REGEX "^tests/fuzz/|/soak_")
set(test_folders ${test_sources})
list(TRANSFORM test_folders REPLACE "^tests/([^/]+)/.*" "\\1")
list(REMOVE_DUPLICATES test_folders)

set(helper_sources "")
foreach(folder IN LISTS test_folders)
    sources(here tests/${folder}/*_test.c)
    if(NOT here)
        sources(here tests/${folder}/*.c)
        list(FILTER here EXCLUDE REGEX "/soak_")
        list(APPEND helper_sources ${here})
        list(REMOVE_ITEM test_folders ${folder})
    endif()
endforeach()
if(helper_sources)
    add_library(test_helpers STATIC EXCLUDE_FROM_ALL ${helper_sources})
    target_link_libraries(test_helpers PRIVATE testing)
endif()

foreach(folder IN LISTS test_folders)
    sources(all tests/${folder}/*.c)
    list(FILTER all EXCLUDE REGEX "/soak_")
    sources(cases tests/${folder}/*_test.c)
    set(main ${GENERATED}/tests/${folder}_main.c)
    add_custom_command(OUTPUT ${main}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${GENERATED}/tests
        COMMAND ${CMAKE_SOURCE_DIR}/scripts/make-test-main ${main} ${cases}
        DEPENDS ${CMAKE_SOURCE_DIR}/scripts/make-test-main ${GENERATED}/tests/${folder}.list
        VERBATIM)
    # A case that comes or goes makes the main again.
    string(REPLACE ";" "\n" listing "${cases}")
    file(CONFIGURE OUTPUT ${GENERATED}/tests/${folder}.list CONTENT "${listing}\n")
    test_program(test_${folder} tests ${folder} ${all} ${main})
    add_dependencies(tests test_${folder})
    string(APPEND test_list "unit ${folder} tests/${folder}\n")
endforeach()

sources(soak_sources tests/*/soak_*.c)
foreach(path IN LISTS soak_sources)
    get_filename_component(name ${path} NAME_WE)
    test_program(${name} soak ${name} ${path})
    add_dependencies(tests ${name})
    string(APPEND test_list "soak ${name} soak/${name}\n")
endforeach()

# ---- fuzzers: with clang's engine for `make fuzz`, else fed with their corpus --------------------

add_custom_target(fuzzers)
sources(fuzz_sources tests/fuzz/*_fuzz.c)
foreach(path IN LISTS fuzz_sources)
    get_filename_component(name ${path} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name ${name})
    if(REIN_FUZZ)
        test_program(fuzz_${name} fuzz ${name} ${path})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        test_program(fuzz_${name} fuzz ${name} ${path} tests/fuzz/corpus_runner.c)
    endif()
    target_compile_options(fuzz_${name} PRIVATE -Wno-missing-prototypes)
    add_dependencies(fuzzers fuzz_${name})
    string(APPEND test_list "fuzz ${name} fuzz/${name}\n")
endforeach()
add_dependencies(tests fuzzers)

# ---- an embedder, seeing what an embedder sees; benchmarks ---------------------------------------

if(EXISTS ${CMAKE_SOURCE_DIR}/examples/embed.c)
    add_executable(example_embed EXCLUDE_FROM_ALL examples/embed.c)
    target_include_directories(example_embed PRIVATE include)
    target_link_libraries(example_embed PRIVATE ${CMAKE_BINARY_DIR}/librein.a
        PkgConfig::DEPENDENCIES m)
    set_target_properties(example_embed PROPERTIES OUTPUT_NAME embed
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/examples)
    add_dependencies(example_embed librein)
    add_dependencies(tests example_embed)
endif()
add_dependencies(tests librein)
if(TARGET rein)
    add_dependencies(tests rein)
    if(TARGET test_scenario)
        add_dependencies(test_scenario rein) # they start it
    endif()
endif()

add_custom_target(benchmarks)
sources(bench_sources bench/*.c)
foreach(path IN LISTS bench_sources)
    get_filename_component(name ${path} NAME_WE)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${path})
    target_link_libraries(bench_${name} PRIVATE core)
    set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(benchmarks bench_${name})
endforeach()
if(TARGET rein)
    add_dependencies(benchmarks rein)
endif()

file(CONFIGURE OUTPUT tests.txt CONTENT "${test_list}")
