"use strict";
enhanceTables();
